from __future__ import annotations

from pathlib import Path

import pytest

from leukoscope.data.splits.recipe import Shares
from leukoscope.experiments.leakage.colors import run_color_lab
from leukoscope.experiments.leakage.lab import LabWish
from leukoscope.reporting.comparison_report.leakage_document import color_lab_of_json, color_lab_to_json, document_of


def test_colors_alone_are_asked_in_every_division(tiny_set: Path) -> None:
    wish = LabWish(shares=Shares(validation=0.2, test=0.2))
    found = run_color_lab(tiny_set / "tiny.toml", tiny_set / "tiny", wish, seeds=3)
    assert (found.pictures, found.groups, found.by) == (48, 24, "group")
    assert len(found.image.values) == 3
    # Disks and rings differ in color, so neighbors name them whatever the division: there is nothing to gain.
    assert found.clean.mean == pytest.approx(1.0)
    assert found.too_good.values == (0, 0, 0)


def test_what_was_found_reads_back_and_stands_in_the_document(tiny_set: Path) -> None:
    wish = LabWish(shares=Shares(validation=0.2, test=0.2))
    found = run_color_lab(tiny_set / "tiny.toml", tiny_set / "tiny", wish, seeds=2)
    assert color_lab_of_json(color_lab_to_json(found)) == found
    assert "| tiny (48) | dark, bright | 24 groups | 1.000 [1.000, 1.000] |" in document_of((), [found])

from __future__ import annotations

import re
from pathlib import Path

import pytest

from leukoscope.errors import DataError
from leukoscope.evaluation.leakage import ColorLab, spread_of
from leukoscope.reporting.comparison_report.leakage_document import (
    BEGIN,
    BEGIN_SHORT,
    END,
    END_SHORT,
    insert_labs,
    read_color_labs,
    read_labs,
)
from leukoscope.reporting.comparison_report.leakage_words import say_shares

REPOSITORY = Path(__file__).parents[4]


def test_the_document_tells_what_the_labs_found() -> None:
    text = (REPOSITORY / "docs" / "explanation" / "leakage.md").read_text(encoding="utf-8")
    kept = REPOSITORY / "recipes" / "leakage"
    assert insert_labs(text, read_labs(kept), read_color_labs(kept)) == text, (
        "run: python -m leukoscope.reporting.comparison_report.leakage_document"
    )


def test_what_stands_around_the_labs_stays() -> None:
    text = insert_labs(f"first\n{BEGIN_SHORT}\nold\n{END_SHORT}\nbefore\n{BEGIN}\nold\n{END}\nafter", ())
    assert text.startswith(f"first\n{BEGIN_SHORT}\n\n**What there is so far.** With a network: nothing yet.")
    assert text.endswith(f"{END_SHORT}\nbefore\n{BEGIN}\n\n\n{END}\nafter")
    assert "old" not in text


def test_every_figure_of_the_document_comes_from_the_labs() -> None:
    """Were one written by hand it would stay when a lab is run again."""
    text = (REPOSITORY / "docs" / "explanation" / "leakage.md").read_text(encoding="utf-8")
    for begin, end in ((BEGIN, END), (BEGIN_SHORT, END_SHORT)):
        before, _, rest = text.partition(begin)
        text = before + rest.partition(end)[2]
    assert re.findall(r"[-+]?\d\.\d+", text) == []


def test_the_share_of_a_gap_that_is_left_within_one_model_is_told() -> None:
    lab = ColorLab("drawn", ("a", "b"), "patient", 90, 9, spread_of([0.80]), spread_of([0.86]), spread_of([0.83]),
                   spread_of([0.06]))  # fmt: skip
    assert "reach 0.830 on the very patients on which those dealt by group reach 0.800" in say_shares(lab)
    assert "between the arms lie +0.060, within the same model +0.030." in say_shares(lab)


def test_a_document_without_a_place_for_them_is_refused() -> None:
    with pytest.raises(DataError, match="where the labs stand"):
        insert_labs("nothing", ())

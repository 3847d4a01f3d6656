"""The card tells the figures of the file, and a file that holds none is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leukoscope.errors import RecipeError
from leukoscope.experiments.cross_validation_card import card_section


def test_the_figures_of_the_file_come_onto_the_card(tmp_path: Path) -> None:
    figures = [
        {"name": "AUROC of blast", "value": 0.8, "ci95": [0.7, 0.9]},
        {"name": "specificity", "value": 0.5, "ci95": None},
    ]
    told = {"folds": [{}, {}, {}], "pooled": {"n": 30, "groups": 6}, "figures": figures}
    (tmp_path / "folds.json").write_text(json.dumps(told), encoding="utf-8")

    section = card_section(tmp_path / "folds.json", "By patient.")

    assert (section.folds, section.n, section.groups, section.how) == (3, 30, 6, "By patient.")
    assert [(one.name, one.value, one.ci95) for one in section.figures] == [
        ("AUROC of blast", 0.8, (0.7, 0.9)),
        ("specificity", 0.5, None),
    ]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"folds": [], "pooled": {"n": 0, "groups": 0}, "figures": []}'])
def test_a_file_without_such_figures_is_refused_with_the_way_to_make_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "folds.json").write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=r"folds\.json does not hold") as fault:
        card_section(tmp_path / "folds.json", "")
    assert "--folds" in fault.value.hint
    with pytest.raises(RecipeError):
        card_section(tmp_path / "missing.json", "")

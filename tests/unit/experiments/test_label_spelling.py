"""Folders named as the classes of a model but for case, hyphens, underscores and spaces, and where that is unclear."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leukoscope.bundles.archive import read_bundle
from leukoscope.cli.main import app
from leukoscope.data.manifest import Entry
from leukoscope.errors import DataError
from leukoscope.evaluation.classification import EvaluationSettings
from leukoscope.experiments.bundle_answers import in_classes_of
from leukoscope.experiments.evaluation_run import evaluate_bundle, find_labeled
from leukoscope.experiments.label_spelling import spelled_otherwise
from leukoscope.experiments.training_run import TrainingOutcome

FEW = EvaluationSettings(rounds=0)


def folder_of(tiny_set: Path, place: Path, names: Mapping[str, str]) -> Path:
    """A folder of four pictures of each class under other names."""
    for name, label in names.items():
        (place / name).mkdir(parents=True)
        for number in range(4):
            shutil.copy(tiny_set / "tiny" / label / f"{number}.png", place / name / f"{number}.png")
    return place


def test_folders_spelled_otherwise_are_the_classes_of_the_model(
    outcome: TrainingOutcome, tiny_set: Path, tmp_path: Path
) -> None:
    data = folder_of(tiny_set, tmp_path / "set", {"Dark": "dark", "BRIGHT_": "bright"})
    found = evaluate_bundle(read_bundle(outcome.folder), find_labeled(data, None, None), FEW).evaluation
    assert {one.name: one.support for one in found.per_class} == {"dark": 4, "bright": 4}
    compared = CliRunner().invoke(
        app, ["compare", *[str(outcome.folder)] * 2, "--data", str(data), "--rounds", "20", "--class", "Dark=dark"]
    )
    assert compared.exit_code == 0, (compared.output, compared.exception)
    assert "8 pictures" in compared.stdout


def test_two_labels_of_one_spelling_are_not_guessed_and_the_message_says_what_differs(
    outcome: TrainingOutcome, tiny_set: Path, tmp_path: Path
) -> None:
    data = folder_of(tiny_set, tmp_path / "set", {"Dark": "dark", "d-ark": "dark", "bright": "bright"})
    with pytest.raises(DataError, match="differ from one class only in how they are spelled") as refused:
        evaluate_bundle(read_bundle(outcome.folder), find_labeled(data, None, None), FEW)
    assert "--class Dark=dark --class d-ark=dark" in refused.value.hint


def test_two_classes_of_one_spelling_are_not_guessed_between() -> None:
    known = {"T-cell": "T-cell", "tcell": "tcell", "b": "b"}
    assert spelled_otherwise(["T cell", "B"], known) == {"B": "b"}
    assert spelled_otherwise(["HEM"], {"hem": "normal", "Hem": "normal"}) == {"HEM": "normal"}


def test_what_the_user_says_of_a_label_holds_before_its_spelling(outcome: TrainingOutcome) -> None:
    card = read_bundle(outcome.folder).card
    entries = [Entry(f"{label}.png", "-", label, "", "test") for label in ("Dark", "Bright")]
    assert [one.label for one in in_classes_of(card, entries, {"Dark": "bright"})] == ["bright", "bright"]
    assert [one.label for one in in_classes_of(card, entries)] == ["dark", "bright"]

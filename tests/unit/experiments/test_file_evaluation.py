"""Predictions of another system: a degenerate model, swapped names, labels and supports that contradict the set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leukoscope.cli.main import app
from leukoscope.data.manifest import Manifest, Row
from leukoscope.data.manifest_files import write_manifest
from leukoscope.errors import DataError
from leukoscope.evaluation.classification import EvaluationSettings
from leukoscope.experiments.file_evaluation import evaluate_file

FEW = EvaluationSettings(rounds=50)
CLASSES = ("ALL", "HEM")


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Sixty pictures of ten patients in the test part, forty ALL, and some for training."""
    rows = [
        Row(
            f"{number}.png",
            label="ALL" if number % 3 else "HEM",
            patient=f"p{int(number % 3 > 0)}-{number % 10}",
            split="test" if number < 60 else "train",
        )
        for number in range(90)
    ]
    write_manifest(Manifest.from_rows(rows, tmp_path, "cells"), tmp_path / "cells.csv")
    return tmp_path / "cells.csv"


def predictions(folder: Path, said: dict[str, str], *, renamed: dict[str, str] | None = None, n: int = 60) -> Path:
    """A file that calls each true class what `said` says; labels may be renamed."""
    lines = ["path,label,ALL,HEM"]
    for number in range(n):
        truth = "ALL" if number % 3 else "HEM"
        called = said[truth]
        score = 0.8 + number / 1000
        row = [score if name == called else 1 - score for name in CLASSES]
        lines.append(f"{number}.png,{(renamed or {}).get(truth, truth)},{row[0]:.4f},{row[1]:.4f}")
    path = folder / "theirs.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_predictions_alone_evaluate(tmp_path: Path) -> None:
    found = evaluate_file(predictions(tmp_path, {"ALL": "ALL", "HEM": "HEM"}), FEW)
    assert found.evaluation.value("accuracy") == 1
    assert found.warnings == ()
    assert found.evaluation.unit == "picture"


def test_patients_come_from_the_manifest(tmp_path: Path, manifest: Path) -> None:
    found = evaluate_file(predictions(tmp_path, {"ALL": "ALL", "HEM": "HEM"}), FEW, data=manifest)
    assert found.evaluation.unit == "patient"
    assert found.evaluation.by_patient is not None
    assert found.warnings == ()
    assert found.verdict is not None


def test_a_model_that_always_says_one_class_is_named(tmp_path: Path) -> None:
    found = evaluate_file(predictions(tmp_path, {"ALL": "ALL", "HEM": "ALL"}), FEW)
    assert "degenerate: it calls all 60 pictures ALL" in found.warnings[0]


def test_labels_that_contradict_the_manifest_are_named(tmp_path: Path, manifest: Path) -> None:
    swapped = predictions(tmp_path, {"ALL": "ALL", "HEM": "HEM"}, renamed={"ALL": "HEM", "HEM": "ALL"})
    told = " ".join(evaluate_file(swapped, FEW, data=manifest).warnings)
    assert "60 of 60 labels of the file contradict the data" in told
    assert "The supports contradict the manifest: ALL 20 and HEM 40" in told
    assert "the class names are probably swapped" in told


def test_pictures_that_are_missing_or_strange_are_counted(tmp_path: Path, manifest: Path) -> None:
    one = predictions(tmp_path, {"ALL": "ALL", "HEM": "HEM"}, n=66)
    told = " ".join(evaluate_file(one, FEW, data=manifest).warnings)
    assert "6 of 66 pictures of the file are not in these data" in told
    few = predictions(tmp_path, {"ALL": "ALL", "HEM": "HEM"}, n=30)
    told = " ".join(evaluate_file(few, FEW, data=manifest).warnings)
    assert "The file tells of 30 of 60 pictures" in told


def test_the_command_evaluates_a_file(tmp_path: Path, manifest: Path) -> None:
    file = str(predictions(tmp_path, {"ALL": "ALL", "HEM": "ALL"}))
    asked = ["evaluate", "--predictions", file, "--data", str(manifest), "--rounds", "20", "--json"]
    result = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "out"), "--positive", "ALL"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["positive"] == "ALL"
    assert figures["per_class"]["HEM"]["recall"] == 0
    assert "Warning: The model is degenerate" in result.stderr
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "The model is degenerate" in page
    assert "Lowest: p0-" in page
    assert (tmp_path / "out" / "predictions.csv").read_text(encoding="utf-8").startswith("path,label,ALL,HEM,patient")


def test_classes_that_do_not_match_are_a_clear_error(tmp_path: Path) -> None:
    file = predictions(tmp_path, {"ALL": "ALL", "HEM": "HEM"}, renamed={"HEM": "normal"})
    with pytest.raises(DataError, match="the label 'normal' is no class"):
        evaluate_file(file, FEW)
    assert evaluate_file(file, FEW, joined={"normal": "HEM"}).evaluation.value("accuracy") == 1
    result = CliRunner().invoke(app, ["evaluate", "--predictions", str(file), "--class", "normal"])
    assert "names no class" in str(result.exception)
    result = CliRunner().invoke(app, ["evaluate", "--predictions", str(file), "--model", "all-stage"])
    assert "not both" in str(result.exception)
    assert "Give --model and --data" in str(CliRunner().invoke(app, ["evaluate"]).exception)


def test_thresholds_are_chosen_on_the_validation_file(tmp_path: Path) -> None:
    test = predictions(tmp_path, {"ALL": "ALL", "HEM": "HEM"})
    found = evaluate_file(test, FEW, validation=test)
    assert found.evaluation.per_class[0].best_on_validation is not None
    assert evaluate_file(test, FEW).evaluation.per_class[0].best_on_validation is None

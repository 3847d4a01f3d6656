from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from leukoscope.bundles.archive import read_bundle
from leukoscope.errors import DataError, RecipeError
from leukoscope.experiments.bundle_answers import ask_bundle
from leukoscope.experiments.classical_run import train_classical_bundle
from leukoscope.experiments.contenders import open_candidates
from leukoscope.experiments.evaluation_report import keep_report
from leukoscope.experiments.evaluation_run import evaluate_bundle, find_labeled
from leukoscope.experiments.model_facts import find_facts
from leukoscope.experiments.predictions_csv import read_predictions
from leukoscope.inference.verification import verify_bundle


def test_a_run_leaves_a_bundle_that_measures_and_answers_as_the_trainer_did(measured_run: Path) -> None:
    bundle = read_bundle(measured_run / "bundle")
    verification = verify_bundle(bundle)
    assert verification.agrees
    assert set(verification.largest_difference) == {"probabilities", "embedding", "columns"}
    assert verification.samples >= 3


def test_the_card_tells_columns_method_and_what_matters(measured_run: Path) -> None:
    card = read_bundle(measured_run / "bundle").card
    part = card.measurements
    assert part is not None
    assert "cell_area_px" in part.columns
    assert "linear SVM on" in part.method
    assert "2 folds of groups" in part.method
    assert part.importance
    assert card.metrics is not None
    assert card.metrics.n == 18
    assert card.metrics.accuracy > 0.8
    assert card.training is not None
    assert card.training.framework.startswith("scikit-learn")


def test_a_run_folder_has_the_shape_of_every_other(measured_run: Path) -> None:
    names = {path.name for path in measured_run.iterdir()}
    assert names >= {
        *("recipe.toml", "recipe.json", "split.csv", "split.json", "run.json", "data_check.json", "metrics.json"),
        *("predictions.csv", "predictions_validation.csv", "search.csv", "importance.csv", "importance.png", "bundle"),
    }
    figures = json.loads((measured_run / "metrics.json").read_text(encoding="utf-8"))
    assert figures["task"] == "classification"
    assert figures["n"] == 18
    assert len(figures["macro_f1_ci95"]) == 2
    with (measured_run / "search.csv").open(encoding="utf-8") as stream:
        assert len(list(csv.DictReader(stream))) == 3


def test_a_run_can_be_repeated_from_its_own_folder(measured_run: Path, tmp_path: Path) -> None:
    recipe = measured_run / "recipe.toml"
    again = train_classical_bundle(recipe, measured_run.parents[1] / "drawn", measured_run.parent / "again")
    assert again.card.onnx_sha256 == read_bundle(measured_run / "bundle").card.onnx_sha256


def test_what_was_measured_is_not_measured_again(measured_run: Path) -> None:
    (kept,) = (measured_run.parent / "measured").iterdir()
    before = kept.read_text(encoding="utf-8")
    assert len(before.splitlines()) == 72
    train_classical_bundle(
        measured_run.parents[1] / "drawn.toml", measured_run.parents[1] / "drawn", measured_run.parent / "bayes",
        ["classifier.kind=naive-bayes"],
    )  # fmt: skip
    assert kept.read_text(encoding="utf-8") == before


def test_a_run_that_was_killed_goes_on_where_it_was(measured_run: Path, tmp_path: Path) -> None:
    (kept,) = (measured_run.parent / "measured").iterdir()
    lines = kept.read_text(encoding="utf-8").splitlines(keepends=True)
    half = tmp_path / "measured" / kept.name
    half.parent.mkdir()
    half.write_text("".join(lines[:50]) + lines[50][:30], encoding="utf-8")
    outcome = train_classical_bundle(
        measured_run.parents[1] / "drawn.toml", measured_run.parents[1] / "drawn", tmp_path / "drawn"
    )
    assert outcome.card.onnx_sha256 == read_bundle(measured_run / "bundle").card.onnx_sha256


def test_a_folder_of_another_recipe_is_not_written_over(measured_run: Path) -> None:
    with pytest.raises(RecipeError, match="run of another recipe"):
        train_classical_bundle(
            measured_run.parents[1] / "drawn.toml", measured_run.parents[1] / "drawn", measured_run, ["seed=9"]
        )


def test_too_many_folds_for_the_groups_are_refused_before_anything_is_measured(
    measured_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leukoscope.experiments.classical_material.measure_pictures", None)  # fails where it is called
    with pytest.raises(DataError, match=r"The class \w+ comes from \d+ groups; 20 folds need as many"):
        train_classical_bundle(
            measured_run.parents[1] / "drawn.toml", measured_run.parents[1] / "drawn", tmp_path, ["search.folds=20"]
        )


def test_evaluation_says_what_the_run_said(measured_run: Path, tmp_path: Path) -> None:
    bundle = read_bundle(measured_run / "bundle")
    pictures = find_labeled(measured_run.parents[1] / "drawn.csv", measured_run.parents[1] / "drawn", "test")
    found = evaluate_bundle(bundle, pictures)
    told = read_predictions(measured_run / "predictions.csv")
    assert found.predictions.paths == told.paths
    assert np.allclose(found.predictions.probabilities, told.probabilities, atol=1e-4)
    report = keep_report(found, tmp_path).read_text(encoding="utf-8")
    part = bundle.card.measurements
    assert part is not None
    assert "What it decides by" in report
    assert part.nothing_matters  # each drawn class differs in many columns at once
    assert "No single column matters measurably" in report


def test_a_picture_without_a_cell_is_left_open_and_not_skipped(measured_run: Path, tmp_path: Path) -> None:
    import cv2

    (tmp_path / "lymphocyte").mkdir()
    cv2.imwrite(str(tmp_path / "lymphocyte" / "glass.png"), np.full((128, 128, 3), 235, np.uint8))
    bundle = read_bundle(measured_run / "bundle")
    pictures = find_labeled(tmp_path, None, None)
    assert not ask_bundle(bundle, pictures).predictions.answered.any()
    found = evaluate_bundle(bundle, pictures)
    assert found.evaluation.abstained.value == 1.0
    assert sum(found.evaluation.given_none) == 1
    assert "Nothing was said of 1 of 1 pictures (lymphocyte 1)" in found.warnings[0]
    told = keep_report(found, tmp_path / "told").read_text(encoding="utf-8")
    assert "given <strong>no class</strong>" in told


def test_it_can_be_compared_and_its_speed_counts_measuring(measured_run: Path) -> None:
    (candidate,), failed = open_candidates([str(measured_run)])
    assert not failed
    facts = find_facts(candidate, None)
    assert facts.side_px is None
    assert facts.pictures_per_s is not None
    assert 0 < facts.pictures_per_s < 5000


def test_the_card_tells_of_a_cross_validation_that_the_recipe_names(measured_run: Path, tmp_path: Path) -> None:
    root = measured_run.parents[1]
    figures = [{"name": "AUROC of lymphocyte", "value": 0.8, "ci95": [0.6, 0.9]}]
    told = {"folds": [{}, {}, {}], "pooled": {"n": 72, "groups": 24}, "figures": figures}
    (root / "drawn-folds.json").write_text(json.dumps(told), encoding="utf-8")
    said = ("card.cross_validation=drawn-folds.json", "importance.rounds=0", "search.folds=0")
    keep = measured_run.parent / "measured"
    card = train_classical_bundle(root / "drawn.toml", root / "drawn", tmp_path / "run", said, keep=keep).card
    assert card.cross_validation is not None
    assert (card.cross_validation.folds, card.cross_validation.figures[0].value) == (3, 0.8)
    again = train_classical_bundle(tmp_path / "run" / "recipe.toml", root / "drawn", tmp_path / "again", keep=keep).card
    assert again.cross_validation == card.cross_validation
    with pytest.raises(RecipeError, match="does not hold the figures"):
        train_classical_bundle(root / "drawn.toml", root / "drawn", tmp_path / "no", ("card.cross_validation=x.json",))
    assert not (tmp_path / "no").exists()

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from leukoscope.bundles.archive import read_bundle
from leukoscope.data.manifest_files import read_manifest, write_manifest
from leukoscope.errors import DataError, ManifestError, RecipeError
from leukoscope.experiments.training_run import TrainingOutcome, train_bundle
from leukoscope.inference.verification import verify_bundle


def test_a_run_leaves_a_bundle_that_onnxruntime_agrees_with(outcome: TrainingOutcome) -> None:
    bundle = read_bundle(outcome.folder)
    verification = verify_bundle(bundle)
    assert verification.agrees
    assert verification.samples == 6
    golden = bundle.golden()
    assert np.allclose(golden.probabilities.sum(1), 1, atol=1e-5)
    # The head is linear over the mean of places: the map explains the decision exactly.
    logits = golden.activation_map.mean((2, 3)) / bundle.card.temperature
    assert np.allclose(np.exp(logits) / np.exp(logits).sum(1, keepdims=True), golden.probabilities, atol=1e-4)


def test_the_card_tells_what_the_run_found(outcome: TrainingOutcome) -> None:
    card = read_bundle(outcome.folder).card
    assert card.metrics is not None
    assert card.metrics.n == 16
    assert card.metrics.accuracy == pytest.approx(outcome.scores.value("accuracy"), abs=1e-4)
    assert card.metrics.per_class["dark"].support == 8
    assert card.novelty is not None
    assert "held-out part:" in card.novelty.measured
    assert "foreign: " in card.novelty.measured
    assert "absent" not in card.novelty.measured
    assert len(card.robustness) == 9
    assert card.training is not None
    assert (card.training.images_train, card.training.images_validation) == (16, 16)
    assert card.decision.accepted_share_held_out is not None


def test_metrics_json_holds_the_figures_of_the_product_page(outcome: TrainingOutcome) -> None:
    figures = json.loads((outcome.folder.parent / "metrics.json").read_text(encoding="utf-8"))
    assert figures["task"] == "classification"
    assert set(figures) >= {
        "n",
        "classes",
        "accuracy",
        "accuracy_ci95",
        "balanced_accuracy",
        "balanced_accuracy_ci95",
        "macro_f1",
        "macro_f1_ci95",
        "weighted_f1",
        "per_class",
        "confusion",
        "auroc",
        "ece",
        "brier",
        "abstained",
    }
    assert set(figures["per_class"]["dark"]) >= {"precision", "recall", "f1", "support"}


def test_a_missing_picture_is_told_before_training_starts(tiny_set: Path, tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="48 of 48 pictures"):
        train_bundle(tiny_set / "tiny.toml", tmp_path, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [("network.name=lenet-lldd", "lenet-lld"), ("network.backbone=resnet19", "resnet18")],
)
def test_a_network_that_nobody_knows_is_told_before_any_picture_is_looked_for(
    tiny_set: Path, tmp_path: Path, change: str, said: str
) -> None:
    text = (tiny_set / "tiny.toml").read_text(encoding="utf-8")
    recipe = tmp_path / "usual.toml"
    recipe.write_text(text[: text.index("[network]")] + text[text.index("[training]") :], encoding="utf-8")
    with pytest.raises(RecipeError, match=f"Did you mean .*{said}"):
        train_bundle(recipe, tmp_path / "no pictures here", tmp_path / "run", [change])
    assert not (tmp_path / "run").exists()


def test_a_run_that_learned_nothing_leaves_its_folder_to_the_corrected_one(
    tiny_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RecipeError("The network cannot be made so.")

    monkeypatch.setattr("leukoscope.experiments.training_run._train", refuse)
    for epochs in (3, 1):
        with pytest.raises(RecipeError, match="cannot be made"):
            train_bundle(tiny_set / "tiny.toml", tiny_set / "tiny", tmp_path / "run", [f"training.epochs={epochs}"])
        kept = json.loads((tmp_path / "run" / "recipe.json").read_text(encoding="utf-8"))
        assert kept["training"]["epochs"] == epochs


def test_missing_figures_of_a_cross_validation_are_told_before_training_starts(tiny_set: Path, tmp_path: Path) -> None:
    changes = ["card.cross_validation=folds.json"]
    with pytest.raises(RecipeError, match=r"folds\.json does not hold the figures.*--folds"):
        train_bundle(tiny_set / "tiny.toml", tiny_set / "tiny", tmp_path / "run", changes)
    assert not (tmp_path / "run").exists()


def test_a_severe_finding_stops_the_run_and_the_verdict_is_kept_beside_the_score(
    outcome: TrainingOutcome, tiny_set: Path, tmp_path: Path
) -> None:
    kept = json.loads((outcome.folder.parent / "data_check.json").read_text(encoding="utf-8"))
    assert kept["verdict"] == outcome.verdict.verdict
    table = (tiny_set / "tiny.csv").read_text(encoding="utf-8").splitlines()
    trained = next(line for line in table if line.endswith(",train"))
    tested = next(line for line in table if line.endswith(",test"))
    shutil.copytree(tiny_set / "tiny", tmp_path / "tiny")
    shutil.copyfile(tmp_path / "tiny" / trained.split(",")[0], tmp_path / "tiny" / tested.split(",")[0])
    same = tested.replace(tested.split(",")[1], trained.split(",")[1])
    (tmp_path / "tiny.csv").write_text("\n".join([*table, ""]).replace(tested, same), encoding="utf-8")
    shutil.copyfile(tiny_set / "tiny.toml", tmp_path / "tiny.toml")
    with pytest.raises(DataError, match="would be worthless: 1 pair of pictures shows the same thing") as caught:
        train_bundle(tmp_path / "tiny.toml", tmp_path / "tiny", tmp_path / "run")
    assert "--despite-findings" in caught.value.hint
    assert not (tmp_path / "run").exists()


def test_a_recipe_that_builds_on_another_run_asks_for_it_and_goes_on_from_it(
    outcome: TrainingOutcome, tiny_set: Path, tmp_path: Path
) -> None:
    where = (tiny_set / "tiny.toml", tiny_set / "tiny", tmp_path / "second")
    with pytest.raises(RecipeError, match="Train the recipe it builds on first"):
        train_bundle(*where, ["training.start_from=absent.ckpt"])
    shutil.rmtree(tmp_path / "second")
    start = outcome.folder.parent / "checkpoints" / "best.ckpt"
    changes = [f"training.start_from={start}", "training.epochs=1", "training.learning_rate=1e-9", "training.keep=last"]
    second = train_bundle(*where, changes)
    first = read_bundle(outcome.folder).golden().activation_map
    assert np.allclose(read_bundle(second.folder).golden().activation_map, first, atol=0.05)


def test_a_run_on_divided_groups_goes_on_when_told_to_and_its_card_warns(tiny_set: Path, tmp_path: Path) -> None:
    manifest = read_manifest(tiny_set / "tiny.csv", tiny_set / "tiny")
    write_manifest(manifest.with_columns(group="all of them"), tmp_path / "m.parquet")
    with pytest.raises(ManifestError, match="--despite-findings"):
        train_bundle(tiny_set / "tiny.toml", tmp_path / "m.parquet", tmp_path / "run")
    made = train_bundle(
        tiny_set / "tiny.toml", tmp_path / "m.parquet", tmp_path / "run", ["training.epochs=1"], despite_findings=True
    )
    card = read_bundle(made.folder).card
    assert card.metrics is not None
    assert "Groups lie on both sides" in card.metrics.how_held_out
    assert any("Trained despite a severe finding" in one and "more than one part" in one for one in card.limits)

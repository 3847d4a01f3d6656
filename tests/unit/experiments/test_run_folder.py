from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from leukoscope.bundles.archive import read_bundle
from leukoscope.data.manifest_files import read_manifest
from leukoscope.errors import RecipeError
from leukoscope.experiments.predictions_csv import read_predictions
from leukoscope.experiments.run_folder import data_of_run
from leukoscope.experiments.training_run import TrainingOutcome, train_bundle
from leukoscope.inference.verification import verify_bundle
from leukoscope.modeling.training.interruption import StopByHand


def _told(run: Path) -> dict:
    return json.loads((run / "run.json").read_text(encoding="utf-8"))


def test_a_run_is_repeated_bit_for_bit_from_its_own_folder(
    outcome: TrainingOutcome, tiny_set: Path, tmp_path: Path
) -> None:
    run = tmp_path / "moved"
    shutil.copytree(outcome.folder.parent, run)
    data = data_of_run(run / "recipe.toml")
    assert data == (tiny_set / "tiny").resolve()
    again = train_bundle(run / "recipe.toml", data, tmp_path / "again")
    assert again.result.weights_sha256 == outcome.result.weights_sha256
    assert again.result.onnx_sha256 == outcome.result.onnx_sha256
    for name in ("recipe.toml", "split.csv", "predictions.csv", "predictions_validation.csv", "metrics.json"):
        assert (tmp_path / "again" / name).read_bytes() == (run / name).read_bytes(), name
    other = train_bundle(run / "recipe.toml", data, tmp_path / "other", ["seed=4"])
    assert other.result.weights_sha256 != outcome.result.weights_sha256


def test_a_run_says_where_it_comes_from_and_what_came_out(outcome: TrainingOutcome, tiny_set: Path) -> None:
    run = outcome.folder.parent
    told = _told(run)
    manifest = read_manifest(run / "split.csv", tiny_set / "tiny")
    assert told["manifest_sha256"] == manifest.sha256
    assert told["verdict"] == outcome.verdict.verdict
    assert told["threads"] >= 1
    assert len(told["git_revisions"]) == 1
    result = told["result"]
    assert (result["epochs"], result["finished"]) == (2, True)
    assert result["onnx_sha256"] == outcome.card.onnx_sha256
    assert (run / "curves" / "curves.png").is_file()
    assert (run / "curves" / "metrics.csv").is_file()
    assert list((run / "curves" / "tensorboard").glob("events*"))


def test_predictions_of_both_parts_can_be_evaluated_by_anyone(outcome: TrainingOutcome) -> None:
    run = outcome.folder.parent
    watched, tested = (read_predictions(run / name) for name in ("predictions_validation.csv", "predictions.csv"))
    assert (len(watched), len(tested)) == (16, 16)
    assert watched.classes == ("dark", "bright")
    assert len(set(watched.groups)) == 8
    assert not set(watched.paths) & set(tested.paths)
    right = outcome.scores.figures["accuracy"]
    assert right is not None
    assert float(tested.correct.mean()) == pytest.approx(right.value)


def test_what_looks_wrong_with_the_answers_stands_on_the_card(outcome: TrainingOutcome) -> None:
    # Two epochs on 16 pictures: it calls all of them one class.
    assert any("degenerate" in one and one.startswith("On the validation part") for one in outcome.result.warnings)
    assert set(outcome.result.warnings) <= set(outcome.card.limits)
    told = [one.split("part: ", 1)[-1] for one in outcome.result.warnings]
    assert len(set(told)) == len(told)


def test_ctrl_c_leaves_a_bundle_that_says_so_and_the_run_goes_on_to_the_same_end(
    outcome: TrainingOutcome, tiny_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = tiny_set / "tiny.toml", tiny_set / "tiny", tmp_path / "run"
    stop = StopByHand.on_train_batch_end

    def pressed(self: StopByHand, trainer: Any, *rest: Any) -> None:
        if trainer.global_step == 3:  # in the second of two epochs
            os.kill(os.getpid(), signal.SIGINT)
        stop(self, trainer, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(StopByHand, "on_train_batch_end", pressed)
        stopped = train_bundle(*where)
    assert (stopped.result.epochs, stopped.result.finished) == (1, False)
    said = "Training was stopped by hand after epoch 1 of 2; the weights are those of epoch 1."
    assert said in read_bundle(stopped.folder).card.limits
    assert verify_bundle(read_bundle(stopped.folder)).agrees
    resumed = train_bundle(*where)
    assert resumed.result.weights_sha256 == outcome.result.weights_sha256 != stopped.result.weights_sha256
    assert said not in read_bundle(resumed.folder).card.limits


def test_what_a_run_starts_from_is_kept_in_its_folder(outcome: TrainingOutcome, tiny_set: Path, tmp_path: Path) -> None:
    start = tmp_path / "base.ckpt"
    shutil.copyfile(outcome.folder.parent / "checkpoints" / "best.ckpt", start)
    changes = [f"training.start_from={start}", "training.epochs=1"]
    first = train_bundle(tiny_set / "tiny.toml", tiny_set / "tiny", tmp_path / "first", changes)
    start.write_bytes(b"another")
    with pytest.raises(RecipeError, match=r"started from another base\.ckpt"):
        train_bundle(tiny_set / "tiny.toml", tiny_set / "tiny", tmp_path / "first", changes)
    start.unlink()
    again = train_bundle(tmp_path / "first" / "recipe.toml", tiny_set / "tiny", tmp_path / "again")
    assert again.result.weights_sha256 == first.result.weights_sha256


def test_another_number_of_threads_is_told_since_sums_are_added_in_another_order(
    outcome: TrainingOutcome, tiny_set: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = tmp_path / "run"
    shutil.copytree(outcome.folder.parent, run)
    train_bundle(tiny_set / "tiny.toml", tiny_set / "tiny", run)
    assert "last digits" not in caplog.text
    (run / "run.json").write_text(json.dumps(_told(run) | {"threads": 64}), encoding="utf-8")
    train_bundle(tiny_set / "tiny.toml", tiny_set / "tiny", run)
    assert "threads: 64 then, " in caplog.text


def test_only_a_run_knows_where_its_pictures_are(outcome: TrainingOutcome, tiny_set: Path, tmp_path: Path) -> None:
    assert data_of_run(tiny_set / "tiny.toml") is None
    assert data_of_run(tmp_path / "recipe.toml") is None
    (tmp_path / "run.json").write_text(json.dumps(_told(outcome.folder.parent) | {"data": "/absent"}))
    with pytest.raises(RecipeError, match="were at /absent"):
        data_of_run(tmp_path / "recipe.toml")

"""Every picture is judged by the run that had not seen its group, and the pooled figures are those of the answers."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score, recall_score, roc_auc_score

from leukoscope.bundles.card import LabelCard
from leukoscope.data.manifest_files import read_manifest
from leukoscope.errors import ManifestError, RecipeError
from leukoscope.evaluation.predictions import Predictions
from leukoscope.experiments import fold_runs
from leukoscope.experiments.cross_validation import CrossValidation, cross_validate
from leukoscope.experiments.pooled_scores import score_pooled

LABELS = tuple(
    LabelCard(name=name, title=name, meaning=name, group=group)
    for name, group in (("normal", "immature"), ("blast", "blast"), ("other", "leukocyte"))
)


CHANGES = ("training.epochs=1", "novelty.measure_on=[]", "card.cross_validation=this-run-will-make-it.json")


@pytest.fixture(scope="module")
def validated(tiny_set: Path, tmp_path_factory: pytest.TempPathFactory) -> CrossValidation:
    split = tiny_set / "tiny.csv"
    lines = split.read_text(encoding="utf-8").splitlines()
    groups = [line.split(",")[3] for line in lines[1:]]
    folded = [f"{lines[0]},fold", *(f"{line},{int(g[-1]) % 3}" for line, g in zip(lines[1:], groups, strict=True))]
    out = tmp_path_factory.mktemp("folds")
    (out / "folds.csv").write_text("\n".join(folded) + "\n", encoding="utf-8")
    return cross_validate(
        tiny_set / "tiny.toml",
        out / "folds.csv",
        out / "run",
        CHANGES,
        images=tiny_set / "tiny",
    )


def test_no_run_is_asked_about_a_group_it_has_seen(validated: CrossValidation) -> None:
    tested = set()
    for score in validated.folds:
        parts = read_manifest(validated.folder / f"fold-{score.fold}" / "split.parquet")
        test = {entry.group for entry in parts.part("test")}
        seen = {entry.group for part in ("train", "validation") for entry in parts.part(part)}
        assert not test & seen
        assert not test & tested
        tested |= test
    assert len(tested) == 24


def test_each_picture_is_told_once_with_its_fold(validated: CrossValidation) -> None:
    with (validated.folder / "predictions.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len({row["path"] for row in rows}) == len(rows) == validated.pooled.n == 48
    assert all(int(row["fold"]) == int(row["group"][-1]) % 3 for row in rows)
    assert {row["path"].split("/")[0] for row in rows} == {"dark", "bright"}  # as in the manifest
    told = json.loads((validated.folder / "cross_validation.json").read_text(encoding="utf-8"))
    expected = roc_auc_score([row["label"] == "dark" for row in rows], [float(row["dark"]) for row in rows])
    assert told["pooled"]["auroc"]["value"] == pytest.approx(expected, abs=1e-4)
    accuracies = [fold["accuracy"] for fold in told["folds"]]
    assert told["mean"]["accuracy"]["standard_deviation"] == pytest.approx(np.std(accuracies, ddof=1))


def test_finished_folds_are_taken_again_only_for_the_same_recipe_and_folds(
    validated: CrossValidation, tiny_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*arguments: object, **named: object) -> None:
        raise AssertionError("a finished fold is not trained again")

    monkeypatch.setattr(fold_runs, "train_bundle", never)
    recipe, folds, images = tiny_set / "tiny.toml", validated.folder.parent / "folds.csv", tiny_set / "tiny"
    again = cross_validate(recipe, folds, validated.folder, CHANGES, images=images)
    assert again.pooled.weighted_f1 == validated.pooled.weighted_f1

    with pytest.raises(RecipeError, match=r"fold-0 holds a run of another recipe.*--out"):
        cross_validate(recipe, folds, validated.folder, [*CHANGES, "seed=9"], images=images)
    lines = folds.read_text(encoding="utf-8").splitlines()
    others = [f"{line.rpartition(',')[0]},{(int(line[-1]) + 1) % 3}" for line in lines[1:]]
    (tmp_path / "others.csv").write_text("\n".join([lines[0], *others]) + "\n", encoding="utf-8")
    kept = (validated.folder / "fold-0" / "split.parquet").read_bytes()
    with pytest.raises(RecipeError, match=r"fold-0 holds a run on another split.*--out"):
        cross_validate(recipe, tmp_path / "others.csv", validated.folder, CHANGES, images=images)
    assert (validated.folder / "fold-0" / "split.parquet").read_bytes() == kept
    assert not list((validated.folder / "fold-0").glob("asked*"))


def test_a_fold_that_started_from_other_weights_is_not_taken_for_this_run(
    validated: CrossValidation, tiny_set: Path, tmp_path: Path
) -> None:
    (tmp_path / "base.ckpt").write_bytes(b"weights of today")
    (tmp_path / "run" / "fold-0").mkdir(parents=True)
    (tmp_path / "run" / "fold-0" / "start.ckpt").write_bytes(b"weights of then")
    (tmp_path / "run" / "fold-0" / "curves.csv").write_text("epoch\n1\n")  # so that it has begun
    changes = (*CHANGES, f"training.start_from={tmp_path / 'base.ckpt'}")
    folds = validated.folder.parent / "folds.csv"
    with pytest.raises(RecipeError, match=r"fold-0 holds a run that started from another base\.ckpt.*--out"):
        cross_validate(tiny_set / "tiny.toml", folds, tmp_path / "run", changes, images=tiny_set / "tiny")


def test_too_few_folds_are_refused(tiny_set: Path, tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"0 folds.*--folds 5"):
        cross_validate(tiny_set / "tiny.toml", tiny_set / "tiny", tmp_path)


def predictions(labels: int, seed: int) -> Predictions:
    rng = np.random.default_rng(seed)
    patients = rng.integers(0, 30, 300)
    truth = patients % labels
    scores = rng.random((300, labels)) + 0.4 * np.eye(labels)[truth]
    return Predictions(
        tuple(label.name for label in LABELS[:labels]),
        truth,
        scores / scores.sum(1, keepdims=True),
        tuple(map(str, range(300))),
        groups=tuple(f"p{one}" for one in patients),
    )


def test_pooled_figures_equal_an_independent_computation() -> None:
    one = predictions(2, 0)
    found = score_pooled(one, LABELS[:2], np.random.default_rng(0))
    assert found.positive == "blast"
    assert found.groups == len(set(one.groups))
    assert found.auroc is not None
    assert found.auroc.value == pytest.approx(roc_auc_score(one.targets == 1, one.probabilities[:, 1]), abs=1e-9)
    assert found.weighted_f1.value == pytest.approx(f1_score(one.targets, one.predicted, average="weighted"), abs=1e-9)
    called = one.predicted == 1
    assert found.sensitivity is not None
    assert found.specificity is not None
    assert found.sensitivity.value == pytest.approx(called[one.targets == 1].mean())
    assert found.specificity.value == pytest.approx(1 - called[one.targets == 0].mean())
    means = {group: one.probabilities[np.array(one.groups) == group, 1].mean() for group in set(one.groups)}
    kinds = [int(group[1:]) % 2 for group in means]
    by_group = found.by_group
    assert by_group is not None
    assert by_group.auroc.value == pytest.approx(roc_auc_score(kinds, list(means.values())), abs=1e-9)
    above = [mean > 0.5 for mean in means.values()]
    assert by_group.sensitivity.value == pytest.approx(recall_score(kinds, above))
    assert by_group.specificity.value == pytest.approx(recall_score(kinds, above, pos_label=0))
    assert by_group.weighted_f1.value == pytest.approx(f1_score(kinds, above, average="weighted"))
    for figure in (found.auroc, found.sensitivity, found.specificity, found.weighted_f1):
        assert figure.ci95 is not None
        assert figure.ci95[0] <= figure.value <= figure.ci95[1]


def test_a_single_patient_of_a_class_allows_no_limits() -> None:
    one = predictions(2, 0)
    kept = (one.targets == 0) | (np.array(one.groups) == "p1")
    found = score_pooled(one.select(kept), LABELS[:2], np.random.default_rng(0))
    assert found.sensitivity is not None
    assert 0 < found.sensitivity.value < 1
    assert found.by_group is not None
    for figure in (found.sensitivity, found.auroc, found.by_group.sensitivity):
        assert figure is not None
        assert figure.ci95 is None


def test_the_area_of_the_cells_alone_is_ranked_beside_the_network() -> None:
    one = predictions(2, 0)
    area = np.random.default_rng(3).random(300) + one.targets
    found = score_pooled(one, LABELS[:2], np.random.default_rng(0), area=area)
    assert found.auroc_of_area is not None
    assert found.auroc_of_area.value == pytest.approx(roc_auc_score(one.targets, area), abs=1e-9)
    assert score_pooled(one, LABELS[:2], np.random.default_rng(0)).auroc_of_area is None


def test_more_than_two_classes_have_no_ranking_of_one() -> None:
    found = score_pooled(predictions(3, 1), LABELS, np.random.default_rng(0))
    assert (found.positive, found.auroc, found.sensitivity) == ("", None, None)
    assert found.weighted_f1.ci95 is not None


def test_a_patient_with_both_classes_allows_no_figure_by_patient() -> None:
    one = predictions(2, 2)
    mixed = replace(one, groups=("same",) * 300)
    assert score_pooled(mixed, LABELS[:2], np.random.default_rng(0)).by_group is None


def test_cells_of_which_nothing_was_said_are_not_right_and_have_no_rank() -> None:
    one = predictions(2, 0)
    silent = np.isin(one.groups, ["p1", "p2"]) | (np.arange(300) < 20)
    some = replace(one, probabilities=np.where(silent[:, None], np.nan, one.probabilities))
    found = score_pooled(some, LABELS[:2], np.random.default_rng(0))
    assert found.auroc is not None
    told = one.select(~silent)
    assert found.auroc.value == pytest.approx(roc_auc_score(told.targets == 1, told.probabilities[:, 1]), abs=1e-9)
    assert found.sensitivity is not None
    called = (one.predicted == 1) & ~silent
    assert found.sensitivity.value == pytest.approx(called[one.targets == 1].mean())
    assert found.by_group is not None
    assert found.by_group.sensitivity.value <= 14 / 15  # of p1 nothing was said
    assert found.by_group.auroc.ci95 is not None

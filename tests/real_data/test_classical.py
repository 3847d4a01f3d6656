"""Classifiers of measurements on real cells: a small piece of pbc-crops, every kind on the same measurements."""

from __future__ import annotations

from pathlib import Path

import pytest

from leukoscope.bundles.archive import read_bundle
from leukoscope.data.manifest import Manifest
from leukoscope.data.manifest_files import read_manifest, write_manifest
from leukoscope.experiments.classical_run import ClassicalOutcome, train_classical_bundle
from leukoscope.experiments.cross_validation import cross_validate
from leukoscope.inference.verification import verify_bundle
from leukoscope.modeling.classical.recipe import KINDS

pytestmark = pytest.mark.real_data

RECIPES = Path(__file__).parents[2] / "recipes"
CLASSES = ("neutrophil", "eosinophil", "basophil", "lymphocyte", "monocyte")
MOST = {"train": 24, "validation": 10, "test": 12}


@pytest.fixture(scope="module")
def split(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few cells of each class, one of each group in turn."""
    whole = read_manifest(RECIPES / "splits" / "pbc-crops.csv", real_data / "pbc-crops")
    path = tmp_path_factory.mktemp("classical") / "split.csv"
    write_manifest(_few(whole.select(whole.table["label"].isin(CLASSES))), path)
    return path


def _few(manifest: Manifest) -> Manifest:
    table = manifest.table
    turn = table.groupby(["split", "label", "group"]).cumcount()
    place = table.assign(turn=turn).sort_values("turn", kind="stable").groupby(["split", "label"]).cumcount()
    return manifest.select(place.reindex(table.index) < table["split"].map(MOST).astype("float64"))


def _trained(split: Path, recipe: str, *changes: str) -> ClassicalOutcome:
    name = "-".join([recipe, *(change.rpartition("=")[2] for change in changes)])
    changes = (*changes, "search.folds=0", "importance.rounds=0")
    return train_classical_bundle(RECIPES / f"{recipe}.toml", split, split.parent / "runs" / name, changes)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_tells_real_cells_apart_and_its_graph_agrees(split: Path, kind: str) -> None:
    outcome = _trained(split, "classical-svm", f"classifier.kind={kind}")
    assert outcome.scores.n == 60
    assert outcome.scores.value("macro_f1") > 0.6
    assert verify_bundle(read_bundle(outcome.folder)).agrees


def test_two_decisions_tell_real_cells_apart(split: Path) -> None:
    first = ("first.search.folds=0",)
    outcome = _trained(split, "two-stage-wbc", *first)
    part = outcome.card.measurements
    assert part is not None
    assert part.embedding is not None
    assert part.embedding.name == "wbc-differential"
    assert outcome.scores.value("macro_f1") > 0.8
    assert verify_bundle(read_bundle(outcome.folder)).agrees


def test_folds_of_patients_are_told_beside_the_area_of_the_cell(real_data: Path, tmp_path: Path) -> None:
    whole = read_manifest(RECIPES / "splits" / "cnmc-2019-folds.csv", real_data / "cnmc-2019")
    table = whole.table
    turn = table.groupby(["fold", "label", "group"]).cumcount()
    place = table.assign(turn=turn).sort_values("turn", kind="stable").groupby(["fold", "label"]).cumcount()
    write_manifest(whole.select(place.reindex(table.index) < 12), tmp_path / "folds.csv")
    changes = ("search.folds=0", "importance.rounds=0", "classifier.c=5", "classifier.gamma=0.002")
    found = cross_validate(
        RECIPES / "classical-cnmc.toml", tmp_path / "folds.csv", tmp_path / "runs" / "folds", changes
    )
    assert (found.pooled.n, found.pooled.positive) == (120, "all-blast")
    assert len(found.folds) == 5
    assert found.pooled.auroc is not None
    assert found.pooled.auroc_of_area is not None
    assert found.pooled.auroc.value > 0.6
    assert found.pooled.auroc_of_area.value > 0.6  # size is a shortcut of this set
    (kept,) = (tmp_path / "runs" / "measured").iterdir()
    assert len(kept.read_text(encoding="utf-8").splitlines()) == 120

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from leukoscope.bundles.registry import find_bundle
from leukoscope.data.manifest_files import read_manifest
from leukoscope.data.splits.pair_files import read_pairs
from leukoscope.experiments.bundle_answers import ask_bundle
from leukoscope.experiments.comparison import ComparisonWish, compare_across
from leukoscope.experiments.comparison_sets import TestSet
from leukoscope.experiments.contenders import open_candidates
from leukoscope.experiments.evaluation_run import find_labeled
from leukoscope.experiments.leakage.arms import divide_by_group, divide_by_image
from leukoscope.experiments.leakage.lab import SHARES
from leukoscope.experiments.predictions_csv import write_predictions
from leukoscope.reporting.comparison_report.comparison_words import say_best

pytestmark = pytest.mark.real_data
SPLITS = Path(__file__).parents[2] / "recipes" / "splits"


@contextmanager
def silently(total: int, what: str) -> Iterator[Callable[[], None]]:
    yield lambda: None


def test_the_shipped_field_model_is_told_apart_from_one_that_always_gives_one_class(
    real_data: Path, tmp_path: Path
) -> None:
    pictures = find_labeled(SPLITS / "taleqani-all.csv", real_data / "taleqani-all", "test")
    said = ask_bundle(find_bundle("all-stage"), pictures).predictions
    stuck = replace(said, probabilities=np.tile([0.1, 0.7, 0.1, 0.1], (len(said), 1)))
    write_predictions(said, tmp_path / "all-stage-as-file.csv")
    write_predictions(stuck, tmp_path / "stuck.csv")
    opened, _ = open_candidates(["all-stage", str(tmp_path / "all-stage-as-file.csv"), str(tmp_path / "stuck.csv")])
    test_set = TestSet("taleqani-all", pictures)
    found = compare_across(opened, [test_set], ComparisonWish(joined={}), watch=silently).sets[0].comparison
    assert found is not None
    assert found.ranking("accuracy").order[2] == "stuck"
    assert found.ranking("accuracy").alike == (found.ranking("accuracy").order[1],)
    assert "cannot be told apart" in say_best(found, "accuracy")
    assert "degenerate" in found.models[2].evaluation.warnings[0]
    assert not any("divided otherwise" in note for note in found.notes), "the shipped model was trained on this split"


def test_no_arm_of_the_lab_learns_from_a_patient_of_the_unseen_part(real_data: Path) -> None:
    manifest = read_manifest(SPLITS / "cnmc-2019.csv", real_data / "cnmc-2019")
    for seed in (1, 2, 3):
        split = divide_by_group(manifest, "patient", SHARES, (), seed)
        unseen = set(split.manifest.table["patient"][split.manifest.table["split"] == "test"].astype(str))
        for arm in (split.manifest, divide_by_image(split, seed)):
            learned = arm.table["patient"][arm.table["split"] != "test"].astype(str)
            assert not unseen & set(learned)


def test_a_retake_of_an_unseen_field_is_in_no_arm(real_data: Path) -> None:
    manifest = read_manifest(SPLITS / "taleqani-all.csv", real_data / "taleqani-all")
    pairs = read_pairs(SPLITS / "taleqani-all-pairs.csv", manifest)
    paths = manifest.table["path"].tolist()
    split = divide_by_group(manifest, "group", SHARES, pairs, 1)
    unseen = {entry.name for entry in split.manifest.part("test")}
    rest = set(split.rest.table["path"])
    assert unseen
    assert not [pair for pair in pairs for a, b in (pair, pair[::-1]) if paths[a] in unseen and paths[b] in rest]

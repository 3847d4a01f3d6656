from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from leukoscope.data.manifest import Manifest
from leukoscope.data.manifest_files import read_manifest, write_manifest
from leukoscope.errors import InvalidValueError, ManifestError, RecipeError
from leukoscope.experiments.split_use import keep_split, open_split


@pytest.fixture
def manifest(tiny_set: Path) -> Manifest:
    return read_manifest(tiny_set / "tiny.csv", tiny_set / "tiny")


def test_a_manifest_takes_the_place_of_the_split_of_the_recipe(
    tiny_set: Path, manifest: Manifest, tmp_path: Path
) -> None:
    write_manifest(manifest.with_columns(split_method='{"method":"by hand"}'), tmp_path / "own.parquet")
    used = open_split(tiny_set / "tiny.csv", tmp_path / "own.parquet", None)
    assert not used.own
    assert used.manifest.locate(used.manifest.part("test")[0].name).is_file()
    assert "by hand" in used.how_held_out("Every third group.")
    assert "third" not in used.how_held_out("Every third group.")
    assert open_split(tiny_set / "tiny.csv", tiny_set / "tiny", None).how_held_out("Every third.") == "Every third."


def test_pictures_elsewhere_are_given_by_their_folder(tiny_set: Path, tmp_path: Path) -> None:
    shutil.copy(tiny_set / "tiny.csv", tmp_path / "own.csv")
    with pytest.raises(ManifestError, match=r"48 of 48 .* with --images"):
        open_split(tiny_set / "tiny.csv", tmp_path / "own.csv", None)
    assert len(open_split(tiny_set / "tiny.csv", tmp_path / "own.csv", tiny_set / "tiny").manifest) == 48
    with pytest.raises(InvalidValueError, match="--images goes with"):
        open_split(tiny_set / "tiny.csv", tiny_set / "tiny", tiny_set)


def test_a_split_that_divides_a_group_is_refused_and_a_leaky_one_says_so(
    tiny_set: Path, manifest: Manifest, tmp_path: Path
) -> None:
    one = manifest.with_columns(group="all of them")
    write_manifest(one, tmp_path / "m.parquet")
    with pytest.raises(ManifestError, match="The group 'all of them' lies in test and train and validation") as caught:
        open_split(tiny_set / "tiny.csv", tmp_path / "m.parquet", None)
    assert "leukoscope leakage" in caught.value.hint
    assert "--despite-findings" in caught.value.hint
    used = open_split(tiny_set / "tiny.csv", tmp_path / "m.parquet", None, despite_findings=True)
    assert used.how_held_out("").startswith("Groups lie on both sides of this split: its figures say nothing of new")
    write_manifest(one.with_columns(split_method='{"leaky":true}'), tmp_path / "leaky.parquet")
    used = open_split(tiny_set / "tiny.csv", tmp_path / "leaky.parquet", None)
    assert used.how_held_out("Every third group.").startswith("This split is leaky on purpose")


def test_a_manifest_without_a_test_part_is_told_how_to_get_one(
    tiny_set: Path, manifest: Manifest, tmp_path: Path
) -> None:
    write_manifest(manifest.with_columns(split="train"), tmp_path / "m.csv")
    with pytest.raises(ManifestError, match=r"part validation or test.*leukoscope data split"):
        open_split(tiny_set / "tiny.csv", tmp_path / "m.csv", None)


def test_a_run_folder_keeps_to_its_split(manifest: Manifest, tmp_path: Path) -> None:
    keep_split(manifest.with_columns(split="train"), tmp_path / "split.json")
    keep_split(manifest, tmp_path / "split.json")  # nothing was learned on the other one
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "last.ckpt").write_bytes(b"")
    keep_split(manifest, tmp_path / "split.json")
    with pytest.raises(RecipeError, match="another split"):
        keep_split(manifest.with_columns(split="test"), tmp_path / "split.json")

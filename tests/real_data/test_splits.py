from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from leukoscope.bundles.registry import find_bundle
from leukoscope.data.manifest import PARTS, Entry, Manifest
from leukoscope.data.manifest_files import check_files, read_manifest, sha256_of
from leukoscope.data.sources import pbc, taleqani
from leukoscope.data.sources.source import Source
from leukoscope.data.splits.crossing import refuse_crossings

ROOT = Path(__file__).parents[2]
SPLITS = ROOT / "recipes" / "splits"
KNOWN = (("Pro-387", "Pro-506"), ("Pro-569", "Pro-646"))


def _set(name: str) -> tuple[Manifest, Path]:
    folder = ROOT.parent / "shared" / "data" / name
    if not folder.is_dir():
        pytest.skip(f"the image set {name} is not at ../shared/data")
    return read_manifest(SPLITS / f"{name}.csv"), folder


def _entries(manifest: Manifest) -> tuple[Entry, ...]:
    return tuple(entry for part in PARTS for entry in manifest.part(part))


@pytest.mark.parametrize(("name", "model"), [(taleqani.NAME, "all-stage"), (pbc.NAME, "wbc-differential")])
def test_the_card_of_a_shipped_model_names_the_committed_split(name: str, model: str) -> None:
    manifest, training = read_manifest(SPLITS / f"{name}.csv"), find_bundle(model).card.training
    assert training is not None
    assert manifest.sha256 == sha256_of(SPLITS / f"{name}.csv") == training.manifest_sha256
    assert len(manifest.part("train")) == training.images_train
    refuse_crossings(manifest)


@pytest.mark.real_data
@pytest.mark.parametrize("name", [taleqani.NAME, pbc.NAME])
def test_every_picture_of_the_split_is_there_and_is_the_one_meant(name: str) -> None:
    manifest, folder = _set(name)
    check_files(_entries(manifest), folder)


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "source"), [(taleqani.NAME, taleqani), (pbc.NAME, pbc)])
def test_labels_are_those_of_the_folders_and_next_to_nothing_was_left_out(name: str, source: Source) -> None:
    manifest, folder = _set(name)
    pictures = {row.path: row.label for row in source.read(folder).rows}
    assert all(pictures[entry.name] == entry.label for entry in _entries(manifest))
    # Of pairs across the parts one picture each; 40 Taleqani fields and no PBC cell were known before keypoints.
    assert len(pictures) - len(_entries(manifest)) == {taleqani.NAME: 63, pbc.NAME: 4}[name]


@pytest.mark.parametrize("name", [taleqani.NAME, pbc.NAME])
def test_no_pair_that_was_found_lies_in_two_parts(name: str) -> None:
    parts = {entry.name: entry.split for entry in _entries(read_manifest(SPLITS / f"{name}.csv"))}
    pairs = [line.split(",") for line in (SPLITS / f"{name}-pairs.csv").read_text(encoding="utf-8").splitlines()[1:]]
    assert pairs
    for first, second, _ in pairs:
        assert first not in parts or second not in parts or parts[first] == parts[second], (first, second)


def test_the_retakes_that_are_known_were_found() -> None:
    text = (SPLITS / f"{taleqani.NAME}-pairs.csv").read_text(encoding="utf-8")
    for first, second in KNOWN:
        assert f"Pro/WBC-Malignant-{first}.jpg,Pro/WBC-Malignant-{second}.jpg," in text


@pytest.mark.parametrize("name", [taleqani.NAME, pbc.NAME])
def test_every_class_has_about_its_share_in_every_part(name: str) -> None:
    manifest = read_manifest(SPLITS / f"{name}.csv")
    for label in manifest.labels:
        counts = Counter(entry.split for entry in _entries(manifest) if entry.label == label)
        n = sum(counts.values())
        shares = {part: counts[part] / n for part in PARTS}
        assert shares == pytest.approx({"train": 0.64, "validation": 0.16, "test": 0.2}, abs=0.05)

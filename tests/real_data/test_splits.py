from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from leukoscope.data.manifest import PARTS, Manifest, check_files, read_manifest
from leukoscope.data.sources import pbc, taleqani

ROOT = Path(__file__).parents[2]
SPLITS = ROOT / "recipes" / "splits"
KNOWN = (("Pro-387", "Pro-506"), ("Pro-569", "Pro-646"))


def _set(name: str) -> tuple[Manifest, Path]:
    folder = ROOT.parent / "shared" / "data" / name
    if not folder.is_dir():
        pytest.skip(f"the image set {name} is not at ../shared/data")
    return read_manifest(SPLITS / f"{name}.csv"), folder


@pytest.mark.real_data
@pytest.mark.parametrize("name", [taleqani.NAME, pbc.NAME])
def test_every_picture_of_the_split_is_there_and_is_the_one_meant(name: str) -> None:
    manifest, folder = _set(name)
    check_files(manifest.entries, folder)


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "source"), [(taleqani.NAME, taleqani), (pbc.NAME, pbc)])
def test_labels_are_those_of_the_folders_and_next_to_nothing_was_left_out(name: str, source: object) -> None:
    manifest, folder = _set(name)
    pictures = {one.name: one.label for one in source.list_pictures(folder)}  # type: ignore[attr-defined]  # a module
    assert all(pictures[entry.name] == entry.label for entry in manifest.entries)
    assert len(pictures) - len(manifest.entries) <= 0.02 * len(pictures)


@pytest.mark.parametrize("name", [taleqani.NAME, pbc.NAME])
def test_no_pair_that_was_found_lies_in_two_parts(name: str) -> None:
    parts = {entry.name: entry.split for entry in read_manifest(SPLITS / f"{name}.csv").entries}
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
        counts = Counter(entry.split for entry in manifest.entries if entry.label == label)
        n = sum(counts.values())
        shares = {part: counts[part] / n for part in PARTS}
        assert shares == pytest.approx({"train": 0.64, "validation": 0.16, "test": 0.2}, abs=0.05)

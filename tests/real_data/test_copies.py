"""Copies that are known in the real sets are found."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from leukoscope.data.copies import equal_values, find_copies

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def _folder(name: str) -> Path:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"the image set {name} is not at ../shared/data")
    return folder


def _kinds(files: list[Path]) -> dict[tuple[str, str], str]:
    return {(files[one.first].stem, files[one.second].stem): one.kind for one in find_copies(files)}


@pytest.mark.real_data
def test_known_retakes_of_taleqani_are_found_hundreds_of_numbers_apart() -> None:
    folder = _folder("taleqani-all") / "Pro"
    files = [folder / f"WBC-Malignant-Pro-{number}.jpg" for number in (387, 506, 569, 646, 385, 507, 571, 640)]
    found = _kinds(files)
    assert ("WBC-Malignant-Pro-387", "WBC-Malignant-Pro-506") in found
    assert ("WBC-Malignant-Pro-569", "WBC-Malignant-Pro-646") in found


@pytest.mark.real_data
def test_the_two_pictures_of_one_bccd_field_are_found() -> None:
    folder = _folder("bccd") / "images"
    found = _kinds([folder / f"BloodImage_{number:05d}.jpg" for number in range(30, 45) if number != 36])
    assert list(found) == [("BloodImage_00037", "BloodImage_00038")]


@pytest.mark.real_data
def test_the_file_that_jtsc_holds_twice_is_found() -> None:
    folder = _folder("jtsc-wbc") / "images"
    assert _kinds([folder / f"{name}.bmp" for name in ("111", "112", "139")]) == {("112", "139"): "same-file"}


@pytest.mark.real_data
def test_crops_are_found_in_their_frames() -> None:
    crops = {path.stem: path for path in sorted(_folder("pbc-crops").glob("*/*.jpg"))}
    frames = sorted(path for path in (_folder("pbc-frames") / "images").glob("*.jpg") if path.stem in crops)[::8]
    found = _kinds([*frames, *(crops[frame.stem] for frame in frames)])
    held = [found.get((frame.stem, frame.stem)) for frame in frames]
    assert held.count("crop") >= 0.95 * len(frames)
    assert all(first == second for first, second in found)


@pytest.mark.real_data
def test_cells_scanned_a_second_time_turned_and_in_other_colors_are_found() -> None:
    folder = _folder("pbc-crops")
    names = ("basophil/BA_202924", "basophil/BA_683125", "monocyte/MO_727663", "monocyte/MO_918252", "monocyte/MO_1")
    files = [path for path in (folder / f"{name}.jpg" for name in names) if path.is_file()]
    assert list(_kinds(files)) == [("BA_202924", "BA_683125"), ("MO_727663", "MO_918252")]


@pytest.mark.real_data
def test_the_identical_files_of_c_nmc_are_found_by_their_hashes_alone() -> None:
    table = gzip.decompress((_folder("cnmc-2019-sample") / "official_sha256.tsv.gz").read_bytes()).decode()
    hashes = [line.split("\t")[1] for line in table.splitlines()]
    assert sum(len(group) - 1 for group in equal_values(hashes)) == 106

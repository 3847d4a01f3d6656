"""The committed splits of BCCD, TXL-PBC and the PBC frames: whose parts they are, and what was left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from leukoscope.data.boxed_pictures import with_boxes
from leukoscope.data.manifest import Manifest
from leukoscope.data.manifest_files import read_manifest
from leukoscope.data.splits.crossing import find_crossings

pytestmark = pytest.mark.real_data
SPLITS = Path(__file__).parents[2] / "recipes" / "splits"
COUNTS = {
    "bccd": {"train": 162, "validation": 64, "test": 57},
    "txl-pbc": {"train": 547, "validation": 153, "test": 77},
    "pbc-frames": {"train": 245, "validation": 70, "test": 105},
}


def split_of(real_data: Path, name: str) -> Manifest:
    return with_boxes(read_manifest(SPLITS / f"{name}.csv", real_data / name))


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_no_group_lies_in_two_parts_and_every_picture_has_boxes(real_data: Path, name: str) -> None:
    manifest = split_of(real_data, name)
    assert find_crossings(manifest) == ()
    assert manifest.table["split"].value_counts().to_dict() == COUNTS[name]
    assert all(row.boxes for row in manifest.rows())


def test_the_test_part_of_bccd_is_the_whole_list_of_its_authors(real_data: Path) -> None:
    listed = set((real_data / "bccd" / "ImageSets" / "Main" / "test.txt").read_text(encoding="utf-8").split())
    table = split_of(real_data, "bccd").table
    assert {Path(path).stem for path in table["path"][table["split"] == "test"]} == listed


def test_the_test_part_of_txl_is_the_whole_folder_of_its_authors(real_data: Path) -> None:
    table = split_of(real_data, "txl-pbc").table
    held_out = table["path"][table["split"] == "test"]
    assert len(held_out) == len(list((real_data / "txl-pbc" / "images" / "test").iterdir()))
    assert all(path.startswith("images/test/") for path in held_out)

"""Sets with boxes, read through the formats they come in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from leukoscope.data.sources import bccd, pbc_frames, txl_pbc
from leukoscope.data.sources.registry import recognize

UUID = "09436e64-f0d3-5bf4-8b7a-a1402cef40{:02d}"


def picture(path: Path, width: int, height: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((height, width, 3), dtype=np.uint8)).save(path)


def text(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def annotation(name: str, *boxes: str) -> str:
    objects = "".join(f"<object><name>WBC</name><bndbox>{box}</bndbox></object>" for box in boxes)
    size = "<size><width>64</width><height>48</height></size>"
    return f"<annotation><filename>{name}</filename>{size}{objects}</annotation>"


BOX = "<xmin>1</xmin><ymin>2</ymin><xmax>9</xmax><ymax>8</ymax>"


@pytest.fixture
def fields(tmp_path: Path) -> Path:
    for number in range(4):
        picture(tmp_path / "images" / f"BloodImage_{number:05d}.jpg", 64, 48)
        picture(tmp_path / "nucleus_masks" / f"BloodImage_Mask_{number:05d}.png", 64, 48)
        name = f"BloodImage_{number:05d}.jpg"
        text(tmp_path / "annotations_voc" / f"BloodImage_{number:05d}.xml", annotation(name, BOX))
    for part, number in (("train", 0), ("val", 1), ("test", 2)):
        text(tmp_path / "ImageSets" / "Main" / f"{part}.txt", f"BloodImage_{number:05d}\n")
    text(
        tmp_path / "wbc_class_labels.csv",
        ',Image,Category\n,0,NEUTROPHIL\n,1,"EOSINOPHIL, EOSINOPHIL"\n,2,"NEUTROPHIL,BASOPHIL"\n,3,\n,9,MONOCYTE\n',
    )
    return tmp_path


def test_a_field_of_bccd_has_boxes_part_mask_and_type(fields: Path) -> None:
    assert recognize(fields) is bccd
    imported = bccd.read(fields)
    assert [(row.label, row.split, row.number) for row in imported.rows] == [
        ("neutrophil", "train", 0),
        ("eosinophil", "validation", 1),
        (None, "test", 2),
        (None, None, 3),
    ]
    first = imported.rows[0]
    assert first.mask == "nucleus_masks/BloodImage_Mask_00000.png"
    assert first.boxes is not None
    assert [(one.box.as_list(), one.label) for one in first.boxes] == [([1, 2, 9, 8], "WBC")]


def test_a_field_with_two_types_or_none_is_told_by_line(fields: Path) -> None:
    problems = bccd.read(fields).problems
    assert [(one.file, one.line) for one in problems] == [
        ("wbc_class_labels.csv", 4),
        ("wbc_class_labels.csv", 5),
        ("wbc_class_labels.csv", None),
    ]
    assert "basophil and neutrophil" in problems[0].message


def test_bccd_as_its_owners_gave_it_has_no_types_and_no_masks(tmp_path: Path) -> None:
    picture(tmp_path / "BCCD" / "JPEGImages" / "BloodImage_00007.jpg", 64, 48)
    text(tmp_path / "BCCD" / "Annotations" / "BloodImage_00007.xml", annotation("BloodImage_00007.jpg", BOX))
    text(tmp_path / "BCCD" / "ImageSets" / "Main" / "val.txt", "BloodImage_00007\n")
    assert recognize(tmp_path) is bccd
    imported = bccd.read(tmp_path)
    assert [(row.label, row.mask, row.split) for row in imported.rows] == [(None, None, "validation")]
    assert imported.problems == ()


def test_a_box_without_area_costs_that_box_alone(fields: Path) -> None:
    flat = BOX.replace("<xmax>9", "<xmax>1")
    name = "BloodImage_00000.jpg"
    text(fields / "annotations_voc" / "BloodImage_00000.xml", annotation(name, BOX, flat))
    imported = bccd.read(fields)
    assert len(imported.rows[0].boxes or ()) == 1
    assert "annotations_voc/BloodImage_00000.xml" in [one.file for one in imported.problems]


@pytest.mark.parametrize("above", ["", "TXL-PBC_Dataset-056d09e/TXL_PBC/"])
def test_the_size_of_a_field_of_txl_tells_its_source(tmp_path: Path, above: str) -> None:
    sizes = {0: (575, 575, "train"), 1: (360, 363, "val"), 2: (640, 480, "test"), 3: (100, 90, "test")}
    for number, (width, height, part) in sizes.items():
        picture(tmp_path / above / "images" / part / f"{UUID.format(number)}.jpg", width, height)
        text(tmp_path / above / "labels" / part / f"{UUID.format(number)}.txt", "1 0.5 0.5 0.2 0.2\n")
    assert recognize(tmp_path) is txl_pbc
    imported = txl_pbc.read(tmp_path)
    rows = {row.path[-6:-4]: row for row in imported.rows}
    assert [(rows[f"{number:02d}"].source, rows[f"{number:02d}"].split) for number in sizes] == [
        ("raabin-wbc", "train"),
        ("pbc", "validation"),
        ("bccd", "test"),
        ("txl-pbc", "test"),
    ]
    assert rows["00"].boxes is not None
    assert rows["00"].boxes[0].label == "RBC"
    assert rows["00"].boxes[0].box.as_list() == pytest.approx([230, 230, 345, 345])
    assert [one.file[-6:-4] for one in imported.problems] == ["03"]


@pytest.mark.parametrize("number", [3, 0])
def test_a_frame_of_pbc_keeps_name_and_box_and_tells_where_they_differ(tmp_path: Path, number: int) -> None:
    picture(tmp_path / "images" / "PMY_12.jpg", 360, 363)
    text(tmp_path / "labels" / "PMY_12.txt", f"{number} 0.5 0.5 0.5 0.5\n")
    text(tmp_path / "classes.txt", "basophil\neosinophil\nerythroblast\nig\nlymphocyte\nmonocyte\nneutrophil\n")
    assert recognize(tmp_path) is pbc_frames
    imported = pbc_frames.read(tmp_path)
    (row,) = imported.rows
    assert (row.label, row.subtype, row.width, row.height) == ("immature-granulocyte", "promyelocyte", 360, 363)
    assert row.boxes is not None
    assert row.boxes[0].label == ("immature-granulocyte" if number == 3 else "basophil")
    assert [one.file for one in imported.problems] == ([] if number == 3 else ["images/PMY_12.jpg"])

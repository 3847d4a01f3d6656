from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from leukoscope.data.boxed_pictures import load_boxed, with_boxes
from leukoscope.data.manifest import Annotation, Manifest, Row
from leukoscope.domain.regions import Box
from leukoscope.errors import DataError

CLASSES = {"wbc": ("WBC",), "red": ("RBC", "rbc")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures in the YOLO layout."""
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    (tmp_path / "classes.txt").write_text("WBC\nRBC\n", encoding="utf-8")
    for name in ("a", "b"):
        cv2.imwrite(str(tmp_path / "images" / f"{name}.png"), np.full((50, 100, 3), 200, np.uint8))
        (tmp_path / "labels" / f"{name}.txt").write_text("1 0.5 0.5 0.2 0.4\n0 0.25 0.5 0.1 0.2\n", encoding="utf-8")
    return tmp_path


def split_file(folder: Path) -> Manifest:
    rows = [Row("images/a.png", split="train", group="1"), Row("images/b.png", split="test")]
    return Manifest.from_rows(rows, folder, "two")


def test_a_split_file_gets_the_boxes_that_lie_with_the_set(folder: Path) -> None:
    (only,) = load_boxed(with_boxes(split_file(folder)), "train", CLASSES, pixel_size_um=0.2)
    assert only.marked.labels.tolist() == [1, 0]
    np.testing.assert_allclose(only.marked.boxes, [[40, 15, 60, 35], [20, 20, 30, 30]])
    assert (only.group, only.pixel_size_um, only.pixels.shape) == ("1", 0.2, (50, 100, 3))


def test_a_manifest_with_boxes_keeps_its_own(folder: Path) -> None:
    boxes = (Annotation(Box(1, 2, 3, 4), "rbc"), Annotation(Box(5, 6, 7, 8), "dirt"))
    manifest = Manifest.from_rows([Row("images/a.png", split="train", boxes=boxes, pixel_size_um=0.3)], folder, "own")
    (only,) = load_boxed(with_boxes(manifest), "train", CLASSES)
    assert only.marked.boxes.tolist() == [[1, 2, 3, 4]]
    assert only.marked.labels.tolist() == [1]
    assert only.pixel_size_um == 0.3


def test_each_source_has_its_own_pixel_size(folder: Path) -> None:
    boxes = (Annotation(Box(1, 2, 3, 4), "WBC"),)
    rows = [
        Row("images/a.png", split="train", boxes=boxes, source="x"),
        Row("images/b.png", split="train", boxes=boxes, source="y"),
    ]
    loaded = load_boxed(Manifest.from_rows(rows, folder), "train", CLASSES, pixel_size_um={"x": 0.1, "y": 0.4})
    assert [one.pixel_size_um for one in loaded] == [0.1, 0.4]


def test_a_picture_without_boxes_in_the_set_is_named(folder: Path) -> None:
    (folder / "labels" / "b.txt").unlink()
    with pytest.raises(DataError, match=r"no boxes for images/b\.png"):
        with_boxes(split_file(folder))


def test_classes_that_the_set_does_not_mark_are_named(folder: Path) -> None:
    with pytest.raises(DataError, match=r"marks no Blast.*RBC, WBC"):
        load_boxed(with_boxes(split_file(folder)), "train", {"blast": ("Blast",)})

"""Masks of the owners become cells: each piece goes to its box, touching cells are parted, sizes must fit."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from leukoscope.data.manifest import Annotation, Manifest, Row
from leukoscope.data.masked_pictures import load_masked, number_cells
from leukoscope.domain.regions import Box
from leukoscope.errors import DataError, ManifestError


def write_pair(root: Path, levels: np.ndarray) -> None:
    cv2.imwrite(str(root / "a.png"), np.full((*levels.shape, 3), 200, np.uint8))
    cv2.imwrite(str(root / "a-mask.png"), levels)


def manifest(root: Path, boxes: tuple[Box, ...] | None, mask: str | None = "a-mask.png") -> Manifest:
    marked = None if boxes is None else tuple(Annotation(box, "WBC") for box in boxes)
    return Manifest.from_rows([Row("a.png", mask=mask, boxes=marked, split="train")], root, "tiny")


def levels() -> np.ndarray:
    drawn = np.zeros((60, 80), np.uint8)
    drawn[10:40, 10:40] = 155
    drawn[20:30, 20:30] = 255
    drawn[10:30, 55:75] = 128
    return drawn


def test_cytoplasm_is_gray_and_the_nucleus_white(tmp_path):
    write_pair(tmp_path, levels())
    (picture,) = load_masked(manifest(tmp_path, (Box(8, 8, 42, 42), Box(54, 9, 76, 31))), "train")
    cell, nucleus = picture.masks(0)
    assert (int(cell.sum()), int(nucleus.sum())) == (900, 100)
    other, none = picture.masks(1)
    assert (int(other.sum()), int(none.sum())) == (400, 0)


def test_a_picture_without_boxes_is_a_crop_of_one_cell(tmp_path):
    write_pair(tmp_path, levels()[:50, :50])
    (picture,) = load_masked(manifest(tmp_path, None), "train")
    assert picture.boxes == (Box(0, 0, 50, 50),)
    assert int(picture.masks(0)[0].sum()) == 900


def test_a_box_without_mask_is_no_cell(tmp_path):
    write_pair(tmp_path, levels())
    (picture,) = load_masked(manifest(tmp_path, (Box(45, 45, 52, 52), Box(54, 9, 76, 31))), "train")
    assert picture.boxes == (Box(54, 9, 76, 31),)
    assert int(picture.masks(0)[0].sum()) == 400


def test_touching_cells_are_parted_between_their_boxes():
    mask = np.zeros((20, 40), bool)
    mask[5:15, 2:38] = True
    numbers = number_cells(mask, [Box(0, 0, 20, 20), Box(20, 0, 40, 20)])
    assert set(numbers[5:15, 2:20].ravel()) == {1}
    assert set(numbers[5:15, 20:38].ravel()) == {2}
    assert not numbers[~mask].any()


def test_a_picture_without_mask_and_a_mask_of_another_size_are_told(tmp_path):
    write_pair(tmp_path, levels())
    cv2.imwrite(str(tmp_path / "small.png"), levels()[:10])
    with pytest.raises(ManifestError, match="80 x 10"):
        load_masked(manifest(tmp_path, None, "small.png"), "train")
    rows = [Row("a.png", split="train"), Row("b.png", mask="a-mask.png", split="validation")]
    with pytest.raises(DataError, match=r"no mask for a\.png"):
        load_masked(Manifest.from_rows(rows, tmp_path, "tiny"), "train")

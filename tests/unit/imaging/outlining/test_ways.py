"""Every classical way outlines a drawn cell, and says None instead of failing where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box
from leukoscope.errors import NotFoundError
from leukoscope.evaluation.masks import dice
from leukoscope.imaging.outlining import WAYS, outliner
from leukoscope.synthetic import draw_cell, draw_field
from leukoscope.synthetic.truth import SyntheticField

every_way = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(scope="module")
def field() -> SyntheticField:
    rng = np.random.default_rng(5)
    cells = {"lymphocyte": 2, "neutrophil": 2, "monocyte": 1, "blast": 1}
    return draw_field(rng, width=640, height=480, cells=cells)


@every_way
def test_a_drawn_field_is_outlined(way: str, field: SyntheticField) -> None:
    found = outliner(way).outline(field.pixels, [cell.box for cell in field.cells])
    nuclei, cells = [], []
    for number, masks in enumerate(found, start=1):
        assert masks is not None
        window = np.s_[masks.top : masks.top + masks.cell.shape[0], masks.left : masks.left + masks.cell.shape[1]]
        nuclei.append(dice(masks.nucleus, field.nucleus_labels[window] == number))
        cells.append(dice(masks.cell, field.cell_labels[window] == number))
    assert float(np.median(nuclei)) >= 0.85
    # Cytoplasm as pale as the drawn one has hardly more saturation than cream-colored glass.
    assert float(np.median(cells)) >= (0.6 if way == "otsu-saturation" else 0.8)


@every_way
def test_outlines_enclose_the_area_of_their_masks(way: str) -> None:
    crop = draw_cell(np.random.default_rng(2), "neutrophil", side=180)
    (masks,) = outliner(way).outline(crop.pixels, [Box(0, 0, 180, 180)])
    assert masks is not None
    assert _area(masks.outline.points) == pytest.approx(masks.cell.sum(), rel=0.03)
    assert masks.nucleus_outlines
    for x, y in masks.outline.points:
        assert 0 <= x <= 180
        assert 0 <= y <= 180


@every_way
@pytest.mark.parametrize(
    "pixels",
    [
        np.full((60, 60, 3), 235, np.uint8),
        np.full((60, 60, 3), (90, 40, 140), np.uint8),
        np.zeros((60, 60, 3), np.uint8),
        np.full((1, 1, 3), 120, np.uint8),
        np.full((3, 2, 3), (90, 40, 140), np.uint8),
    ],
    ids=["all background", "all nucleus", "all black", "one pixel", "six pixels"],
)
def test_a_picture_of_one_color_has_masks_that_hold_or_none(way: str, pixels: Pixels) -> None:
    height, width = pixels.shape[:2]
    (masks,) = outliner(way).outline(pixels, [Box(0, 0, width, height)])
    if masks is not None:
        assert masks.window.x1 <= width
        assert masks.window.y1 <= height


@every_way
def test_a_gray_picture_is_no_error(way: str, field: SyntheticField) -> None:
    gray = np.repeat(field.pixels.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    assert len(outliner(way).outline(gray, [cell.box for cell in field.cells])) == len(field.cells)


@every_way
def test_boxes_beyond_the_border_are_cut_off_and_boxes_beside_the_picture_hold_nothing(
    way: str, field: SyntheticField
) -> None:
    cell = field.cells[0].box
    part = field.pixels[:, int(cell.center[0]) :]  # the border cuts the cell in halves
    moved = Box(cell.x0 - int(cell.center[0]), cell.y0, cell.x1 - int(cell.center[0]), cell.y1)
    half, beside = outliner(way).outline(part, [moved, Box(-50, -50, -10, -10)])
    assert beside is None
    assert half is not None
    assert half.left == 0
    assert half.cell[:, 0].any()


@every_way
def test_a_hundred_overlapping_boxes_are_a_hundred_answers(way: str, field: SyntheticField) -> None:
    box = field.cells[1].box
    boxes = [Box(box.x0 + dx, box.y0 + dy, box.x1 + dx, box.y1 + dy) for dx in range(10) for dy in range(10)]
    assert len(outliner(way).outline(field.pixels, boxes)) == 100


@every_way
def test_no_boxes_are_no_masks(way: str, field: SyntheticField) -> None:
    assert list(outliner(way).outline(field.pixels, [])) == []


@every_way
def test_the_same_pixels_give_the_same_masks(way: str, field: SyntheticField) -> None:
    boxes = [field.cells[0].box]
    (first,), (second,) = (outliner(way).outline(field.pixels, boxes) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.outline == second.outline


@every_way
def test_a_cell_cut_out_on_black_is_outlined(way: str) -> None:
    crop = draw_cell(np.random.default_rng(4), "lymphocyte", side=200)
    pixels = np.where(crop.cell_mask[..., None], crop.pixels, 0).astype(np.uint8)
    (masks,) = outliner(way).outline(pixels, [Box(0, 0, 200, 200)])
    assert masks is not None
    window = np.s_[masks.top : masks.top + masks.cell.shape[0], masks.left : masks.left + masks.cell.shape[1]]
    assert dice(masks.cell, crop.cell_mask[window]) >= 0.9


def test_an_unknown_way_is_told_with_those_there_are() -> None:
    with pytest.raises(NotFoundError, match="kmeans"):
        outliner("magic")


def _area(points: tuple[tuple[float, float], ...]) -> float:
    x, y = np.array(points).T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2

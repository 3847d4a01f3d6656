"""The finder on drawn smears, whose cells are known, and on pictures that hold nothing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.domain.images import Pixels
from leukoscope.imaging.segmentation import Segmentation, find_cells
from leukoscope.synthetic import STYLES, SyntheticField, draw_cell, draw_field


def hits(field: SyntheticField, found: Segmentation, min_iou: float = 0.5) -> int:
    return sum(any(true.box.iou(cell.box) >= min_iou for cell in found.cells) for true in field.cells)


@pytest.fixture(scope="module", params=[1, 2])
def smear(request: pytest.FixtureRequest) -> SyntheticField:
    return draw_field(np.random.default_rng(request.param))


def test_a_field_is_a_field_and_nearly_every_cell_of_it_is_found(smear: SyntheticField) -> None:
    found = find_cells(smear.pixels)
    matched = hits(smear, found)
    assert found.kind == "field"
    assert matched >= 0.9 * len(smear.cells)
    assert matched >= 0.9 * len(found.cells)


@pytest.mark.parametrize("style", STYLES.values() if isinstance(STYLES, dict) else STYLES)
def test_cells_are_found_under_every_stain(style: object) -> None:
    cells = {"lymphocyte": 3, "monocyte": 2, "neutrophil": 2}
    field = draw_field(np.random.default_rng(5), width=960, height=720, cells=cells, style=style)  # type: ignore[arg-type]
    found = find_cells(field.pixels)
    assert hits(field, found) >= 6
    assert len(found.cells) <= 8


def test_red_cells_and_platelets_alone_give_no_cell() -> None:
    field = draw_field(np.random.default_rng(3), width=960, height=720, cells={}, platelets=30)
    assert find_cells(field.pixels) == Segmentation("field", ())


def test_the_lobes_of_a_neutrophil_are_one_cell() -> None:
    field = draw_field(np.random.default_rng(4), width=960, height=720, cells={"neutrophil": 5})
    found = find_cells(field.pixels)
    assert len(found.cells) == 5
    assert hits(field, found) == 5


def test_touching_cells_are_told_apart() -> None:
    cells = {"lymphocyte": 8}
    field = draw_field(np.random.default_rng(6), width=960, height=720, cells=cells, touching_pairs=4)
    assert hits(field, find_cells(field.pixels)) >= 7


def test_the_same_pixels_give_the_same_cells(smear: SyntheticField) -> None:
    assert find_cells(smear.pixels) == find_cells(smear.pixels.copy())


def test_a_crop_around_one_cell_is_a_cell() -> None:
    drawn = draw_cell(np.random.default_rng(1), "lymphocyte", side=150)
    found = find_cells(drawn.pixels)
    assert found.kind == "cell"
    assert len(found.cells) == 1
    assert found.cells[0].box.iou(drawn.cell.box) > 0.7


def test_a_cutout_on_black_is_what_is_not_black() -> None:
    pixels = np.zeros((450, 450, 3), np.uint8)
    cv2.circle(pixels, (220, 230), 70, (90, 50, 110), -1)
    found = find_cells(pixels)
    assert found.kind == "cell"
    box = found.cells[0].box
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((150, 160, 291, 301), abs=4)
    assert found.cells[0].cell_area_px == pytest.approx(np.pi * 70**2, rel=0.03)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 40, 3), (3, 2000, 3), (50, 50, 3), (300, 400, 3)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_picture_holds_no_cell(shape: tuple[int, ...], level: int) -> None:
    assert find_cells(np.full(shape, level, np.uint8)) == Segmentation("field", ())


def test_without_color_nothing_is_called_a_nucleus(smear: SyntheticField) -> None:
    gray = np.repeat(smear.pixels.mean(axis=2).astype(np.uint8)[..., None], 3, axis=2)
    assert find_cells(gray) == Segmentation("field", ())


def test_a_strided_view_gives_the_cells_of_its_copy(smear: SyntheticField) -> None:
    turned = np.rot90(smear.pixels)
    assert not turned.flags["C_CONTIGUOUS"]
    assert find_cells(turned) == find_cells(np.ascontiguousarray(turned))


def test_a_large_picture_is_found_in_tiles_without_doubles_at_the_seams() -> None:
    one = draw_field(np.random.default_rng(7), width=1280, height=960)
    wide = np.tile(one.pixels, (1, 3, 1))
    found = find_cells(wide)
    assert abs(len(found.cells) - 3 * len(one.cells)) <= 6
    for index, cell in enumerate(found.cells):
        assert all(cell.box.iou(other.box) < 0.5 for other in found.cells[index + 1 :])


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(40, 400), st.integers(40, 400))
def test_every_box_and_outline_lies_inside_the_picture(seed: int, width: int, height: int) -> None:
    pixels = _blots(np.random.default_rng(seed), width, height)
    for cell in find_cells(pixels).cells:
        box = cell.box
        assert 0 <= box.x0 < box.x1 <= width
        assert 0 <= box.y0 < box.y1 <= height
        assert all(0 <= x <= width and 0 <= y <= height for x, y in cell.outline.points)
        assert 0 < cell.nucleus_area_px <= 1.05 * cell.cell_area_px
        assert cell.cell_area_px <= 1.05 * width * height


def _blots(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Purple and pink discs anywhere, some over the edge."""
    pixels = np.full((height, width, 3), 225, np.uint8)
    for _ in range(int(rng.integers(1, 15))):
        center = int(rng.integers(0, width)), int(rng.integers(0, height))
        color = (90, 60, 150) if rng.random() < 0.5 else (200, 140, 130)
        cv2.circle(pixels, center, int(rng.integers(3, 40)), color, -1)
    return pixels

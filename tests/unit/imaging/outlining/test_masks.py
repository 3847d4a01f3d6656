"""From maps to masks: the largest piece is the cell, holes are filled, dirt goes, outlines are finer than a pixel."""

from __future__ import annotations

import numpy as np
import pytest

from leukoscope.imaging.outlining.masks import masks_from_maps, softened


def disk(x: float, y: float, radius: float, side: int = 60) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side] + 0.5
    return np.clip(radius - np.hypot(columns - x, rows - y) + 0.5, 0, 1).astype(np.float32)


def area(points: tuple[tuple[float, float], ...]) -> float:
    x, y = np.array(points).T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def test_an_outline_is_finer_than_a_pixel():
    for radius in (8.0, 8.25, 8.5, 8.75):
        masks = masks_from_maps(disk(30.3, 29.6, radius), disk(30.3, 29.6, 4), 100, 50)
        assert masks is not None
        assert area(masks.outline.points) == pytest.approx(np.pi * radius**2, rel=0.02)
        corners = np.array(masks.outline.points)
        assert tuple((corners.min(axis=0) + corners.max(axis=0)) / 2) == pytest.approx((130.3, 79.6), abs=0.25)


def test_the_largest_piece_is_the_cell_and_the_nucleus_stays_within_it():
    cell = np.maximum(disk(20, 30, 12), disk(50, 50, 5))
    nucleus = np.maximum(disk(20, 30, 6), disk(50, 50, 3))
    masks = masks_from_maps(cell, nucleus, 0, 0)
    assert masks is not None
    assert not masks.cell[45:55, 45:55].any()
    assert not masks.nucleus[45:55, 45:55].any()
    assert len(masks.nucleus_outlines) == 1


def test_a_hole_in_a_nucleus_has_a_border_of_its_own_but_a_speck_has_none():
    ring = disk(30, 30, 15) - disk(28, 31, 6)
    masks = masks_from_maps(disk(30, 30, 22), ring, 100, 50)
    assert masks is not None
    assert len(masks.nucleus_outlines) == 1
    (hole,) = masks.nucleus_holes
    assert area(hole.points) == pytest.approx(np.pi * 36, rel=0.03)
    assert tuple(np.mean(hole.points, axis=0)) == pytest.approx((128, 81), abs=0.3)
    assert not masks.nucleus[31, 28]
    ring[20:22, 30] = 0
    told = masks_from_maps(disk(30, 30, 22), ring, 100, 50)
    assert told is not None
    assert not told.nucleus[20:22, 30].any()
    assert len(told.nucleus_holes) == 1


def test_holes_of_the_cell_are_filled_and_have_no_border():
    masks = masks_from_maps(disk(30, 30, 22) - disk(30, 30, 6), disk(14, 30, 3), 0, 0)
    assert masks is not None
    assert masks.cell[30, 30]
    assert masks.nucleus_holes == ()


def test_lobes_that_do_not_touch_are_told_apart_and_specks_are_left_out():
    cell = disk(30, 30, 20)
    nucleus = np.maximum.reduce([disk(22, 30, 6), disk(40, 30, 6)])
    nucleus[20, 30] = 1
    masks = masks_from_maps(cell, nucleus, 0, 0)
    assert masks is not None
    assert len(masks.nucleus_outlines) == 2
    assert not masks.nucleus[20, 30]


def test_holes_of_a_cell_are_filled_and_those_of_a_nucleus_kept():
    ring = np.minimum(disk(30, 30, 20), 1 - disk(30, 30, 8))
    masks = masks_from_maps(ring, ring, 0, 0)
    assert masks is not None
    assert masks.cell[30, 30]
    assert not masks.nucleus[30, 30]


def test_nothing_above_one_half_is_no_cell():
    assert masks_from_maps(0.4 * disk(30, 30, 10), 0 * disk(30, 30, 10), 0, 0) is None


def test_a_cell_at_the_edge_is_outlined_along_the_edge():
    masks = masks_from_maps(disk(0, 30, 10), 0 * disk(0, 30, 4), 0, 0)
    assert masks is not None
    assert min(x for x, _ in masks.outline.points) == 0
    assert masks.nucleus_outlines == ()


def test_softening_keeps_a_single_pixel_and_a_thin_bridge():
    dot = np.zeros((9, 9), bool)
    dot[4, 4] = True
    assert softened(dot).sum() == 1
    bridge = np.zeros((20, 40), bool)
    bridge[5:15, 2:12] = bridge[5:15, 28:38] = True
    bridge[10, 12:28] = True
    assert (softened(bridge) > 0.5)[10, 20]

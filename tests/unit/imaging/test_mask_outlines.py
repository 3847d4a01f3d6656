from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.imaging.mask_outlines import OFF_PX, outline_mask


def area(points: tuple[tuple[float, float], ...]) -> float:
    return float(cv2.contourArea(np.asarray(points, dtype=np.float32)))


@given(st.integers(0, 20), st.integers(0, 20), st.integers(4, 20), st.integers(4, 20))
def test_the_outline_of_a_rectangle_is_the_rectangle(left: int, top: int, width: int, height: int) -> None:
    mask = np.zeros((40, 40), dtype=bool)
    mask[top : top + height, left : left + width] = True
    (piece,) = outline_mask(mask)
    assert piece.box.as_list() == [left, top, left + width, top + height]
    assert area(piece.outline) == width * height
    assert piece.holes == 0


def test_a_disk_keeps_its_area_and_its_outline_runs_within_a_pixel_of_its_edge() -> None:
    y, x = np.mgrid[:80, :90] + 0.5
    distance = np.hypot(x - 45, y - 40)
    (piece,) = outline_mask(distance < 30)
    assert area(piece.outline) == pytest.approx(np.pi * 30**2, rel=0.02)
    corners = np.hypot(*(np.asarray(piece.outline) - (45, 40)).T)
    assert np.abs(corners - 30).max() < OFF_PX + 0.75
    assert len(piece.outline) < 60


def test_pieces_come_from_top_to_bottom_dirt_is_left_out_and_holes_are_told() -> None:
    mask = np.zeros((60, 60), dtype=bool)
    mask[40:55, 5:20] = True
    mask[2:22, 30:50] = True
    mask[8:12, 35:40] = False
    mask[30:33, 30:33] = True  # nine pixels
    pieces = outline_mask(mask)
    assert [(piece.box.y0, piece.holes) for piece in pieces] == [(2, 1), (40, 0)]
    assert [piece.box.y0 for piece in outline_mask(mask, smallest_px=9)] == [2, 30, 40]


def test_an_empty_mask_has_no_pieces() -> None:
    assert outline_mask(np.zeros((5, 5), dtype=bool)) == ()

"""Windows of a segmenter: cut and put back, beyond the picture there is glass, masks are never taken for cut-outs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.domain.regions import Box
from leukoscope.imaging.outlining.square import Square, back_in_picture, cut_mask, cut_square, square_around

GLASS = np.array([230, 231, 232], np.uint8)


def test_beyond_the_picture_there_is_glass():
    pixels = np.full((40, 40, 3), 100, np.uint8)
    window = cut_square(pixels, Square(-20, -20, 40), 40, GLASS)
    assert (window[:20] == GLASS).all()
    assert (window[20:, 20:] == 100).all()


def test_the_black_around_a_cut_out_becomes_glass():
    pixels = np.zeros((60, 60, 3), np.uint8)
    pixels[20:40, 20:40] = 90
    window = cut_square(pixels, Square(0, 0, 60), 60, GLASS)
    assert int(window[0, 0].min()) > 200
    assert (window[25:35, 25:35] == 90).all()


def test_a_mask_that_reaches_the_edge_stays_whole():
    mask = np.zeros((30, 30), bool)
    mask[20:, 5:25] = True
    assert int((cut_mask(mask, Square(0, 0, 30), 30) > 127).sum()) == 200


def test_a_window_beside_the_picture_is_all_glass_and_nothing_comes_back():
    square = Square(100, 100, 20)
    window = cut_square(np.zeros((40, 40, 3), np.uint8), square, 16, GLASS)
    assert (window == GLASS).all()
    assert back_in_picture(np.ones((16, 16), np.float32), square, 40, 40) is None


@settings(max_examples=40, deadline=None)
@given(
    x=st.integers(-20, 60),
    y=st.integers(-20, 60),
    width=st.integers(2, 60),
    height=st.integers(2, 60),
    margin=st.floats(1, 2.5),
)
def test_what_is_put_back_lies_where_it_was_cut(x, y, width, height, margin):
    square = square_around(Box(x, y, x + width, y + height), margin)
    assert abs(square.left + square.side / 2 - (x + width / 2)) <= 1
    assert square.side >= max(width, height) - 1
    mask = np.zeros((50, 70), bool)
    mask[10:40, 20:50] = True
    back = back_in_picture(cut_mask(mask, square, 96).astype(np.float32) / 255, square, 70, 50)
    if back is None:
        return
    soft, left, top = back
    assert soft.shape[0] + top <= 50
    assert soft.shape[1] + left <= 70
    true = mask[top : top + soft.shape[0], left : left + soft.shape[1]]
    # The edges of a mask may move by a pixel on each of their four sides.
    assert ((soft > 0.5) != true).sum() <= 4 * 32 * max(1.0, square.side / 96)


def test_a_square_of_a_point_is_still_a_square():
    assert square_around(Box(0, 0, 0.1, 0.1), 1.4).side == pytest.approx(1)

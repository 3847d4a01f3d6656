import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.domain.regions import Box, Outline
from leukoscope.domain.views import CellView
from leukoscope.imaging.preprocessing import cut, resize, show_cell, square_window

boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    st.floats(0, 600),
    st.floats(0, 600),
    st.floats(0.5, 600),
    st.floats(0.5, 600),
)


@given(boxes, st.integers(1, 800), st.integers(1, 800), st.floats(1, 4))
def test_a_window_is_a_square_of_whole_pixels_inside_the_picture(box, width, height, margin):
    window = square_window(box, margin, width, height)

    assert window.width == window.height
    assert all(float(corner).is_integer() for corner in window.as_list())
    assert window.x0 >= 0
    assert window.x1 <= width
    assert window.y0 >= 0
    assert window.y1 <= height


def test_a_window_holds_its_cell_where_the_picture_is_large_enough():
    window = square_window(Box(300, 300, 380, 360), 1.25, 1000, 1000)

    assert window == Box(290, 280, 390, 380)


def test_cutting_gives_contiguous_pixels_of_the_window_even_from_a_turned_view():
    pixels = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    turned = np.rot90(pixels)
    part = cut(turned, Box(1, 2, 3, 5))

    assert part.flags.c_contiguous
    np.testing.assert_array_equal(part, turned[2:5, 1:3])


@pytest.mark.parametrize("side", [10, 40, 90])
def test_a_plain_color_stays_that_color_at_any_size(side):
    pixels = np.full((40, 40, 3), (10, 130, 250), np.uint8)

    assert (resize(pixels, side, side) == (10, 130, 250)).all()
    assert resize(pixels, side, side).shape == (side, side, 3)


RING = Outline(((30, 20), (50, 20), (50, 60), (30, 60)))
ON_BLACK = CellView(80, 80, 2, "black")


def test_a_cell_on_black_keeps_its_outline_and_nothing_else():
    pixels = np.full((200, 200, 3), (200, 100, 50), np.uint8)
    shown, window = show_cell(pixels, Box(30, 20, 50, 60), RING, ON_BLACK)

    assert window == Box(0, 0, 80, 80)
    inside = np.zeros((80, 80), bool)
    inside[20:60, 30:50] = True
    np.testing.assert_array_equal(shown[inside], np.full((800, 3), (200, 100, 50)))
    assert not shown[~inside].any()


def test_a_cell_at_the_edge_lies_in_the_middle_of_its_window_on_black():
    pixels = np.full((60, 60, 3), 255, np.uint8)
    shown, window = show_cell(pixels, Box(40, 0, 60, 20), None, CellView(40, 40, 2, "black"))

    assert window == Box(30, -10, 70, 30)
    seen = np.nonzero(shown[..., 0])
    assert (seen[0].min(), seen[0].max(), seen[1].min(), seen[1].max()) == (10, 29, 10, 29)


def test_a_kept_background_is_the_window_of_the_picture():
    pixels = np.random.default_rng(0).integers(0, 255, (100, 100, 3), dtype=np.uint8)
    shown, window = show_cell(pixels, Box(30, 20, 50, 60), RING, CellView(50, 50, 1.25))

    assert window == square_window(Box(30, 20, 50, 60), 1.25, 100, 100)
    np.testing.assert_array_equal(shown, cut(pixels, window))

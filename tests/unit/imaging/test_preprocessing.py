import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.domain.regions import Box
from leukoscope.imaging.preprocessing import cut, resize, square_window

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

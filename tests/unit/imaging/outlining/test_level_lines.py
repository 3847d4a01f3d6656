import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from skimage.measure import find_contours

from leukoscope.errors import InvalidValueError
from leukoscope.imaging.outlining.level_lines import level_lines

LEVELS = st.floats(0, 1, width=32).filter(lambda value: value != 0.5)


def by_scikit_image(soft):
    return [line[:-1] for line in find_contours(soft, 0.5, positive_orientation="high")]


def same(found, wanted):
    return len(found) == len(wanted) and all(np.array_equal(*pair) for pair in zip(found, wanted, strict=True))


@given(npst.arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=LEVELS))
def test_lines_are_those_of_scikit_image_to_the_last_bit(inner):
    soft = np.pad(inner, 1)

    assert same(level_lines(soft), by_scikit_image(soft))


@pytest.mark.parametrize("sigma", [0.7, 2.0, 6.0])
def test_smooth_maps_give_the_lines_of_scikit_image_too(sigma):
    noise = cv2.GaussianBlur(np.random.default_rng(3).random((120, 150), np.float32), (0, 0), sigma)
    soft = np.pad((noise - noise.min()) / np.ptp(noise), 1)

    assert len(level_lines(soft)) > 3
    assert same(level_lines(soft), by_scikit_image(soft))


def test_pixels_that_touch_at_a_corner_have_lines_of_their_own():
    soft = np.zeros((4, 4), np.float32)
    soft[1, 1] = soft[2, 2] = 1

    assert len(level_lines(soft)) == 2
    assert len(level_lines(soft[::-1])) == 2


def test_an_empty_map_has_no_lines():
    assert level_lines(np.zeros((5, 5), np.float32)) == []


@pytest.mark.parametrize(("place", "value"), [((0, 2), 1.0), ((2, 4), 1.0), ((2, 2), 0.5)])
def test_open_lines_and_values_just_at_the_level_are_refused(place, value):
    soft = np.zeros((5, 5), np.float32)
    soft[place] = value

    with pytest.raises(InvalidValueError):
        level_lines(soft)

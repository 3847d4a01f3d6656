import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from leukoscope.errors import InvalidValueError
from leukoscope.imaging import levels
from leukoscope.imaging.levels import brightest_channel, count_levels, level_at

PICTURES = npst.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))


@given(PICTURES, st.integers(1, 3))
def test_the_brightest_channel_is_the_largest_of_the_three_in_strided_views_too(pixels, step):
    view = pixels[::step, ::step]

    assert np.array_equal(brightest_channel(view), view.max(axis=2))


@given(npst.arrays(np.uint8, npst.array_shapes(min_dims=1, max_dims=3)))
def test_levels_are_counted_as_numpy_counts_them(values):
    assert np.array_equal(count_levels(values), np.bincount(values.ravel(), minlength=256))


def test_counts_stay_whole_where_they_are_too_large_for_a_float(monkeypatch):
    monkeypatch.setattr(levels, "_COUNTED_AT_ONCE", 5)

    assert count_levels(np.array([3] * 12 + [4], np.uint8))[3:5].tolist() == [12, 1]


@given(npst.arrays(np.uint8, st.integers(1, 60)), st.one_of(st.integers(0, 100), st.floats(0, 100)))
def test_a_percentile_of_counts_is_that_of_numpy_to_the_last_bit(values, percent):
    assert level_at(count_levels(values), percent) == np.percentile(values, percent)


@given(npst.arrays(np.uint8, st.integers(1, 60)))
def test_the_median_of_counts_is_that_of_numpy(values):
    assert level_at(count_levels(values), 50) == np.median(values)


def test_there_is_no_percentile_of_nothing():
    with pytest.raises(InvalidValueError):
        level_at(count_levels(np.zeros(0, np.uint8)), 50)

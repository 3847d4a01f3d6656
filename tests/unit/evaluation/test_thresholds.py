from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.thresholds import acceptance, smallest_threshold


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60), st.floats(0.5, 1))
def test_no_lower_threshold_reaches_the_accuracy(cells: list[tuple[float, bool]], wanted: float) -> None:
    score, correct = np.array([one for one, _ in cells]), np.array([right for _, right in cells])
    found = smallest_threshold(score, correct, accuracy=wanted)
    if found.threshold < 1:
        assert found.accuracy >= wanted
        assert found.share > 0
    for lower in np.unique(score[score < found.threshold]):
        assert acceptance(score, correct, float(lower)).accuracy < wanted


def test_when_all_are_right_none_is_left_open() -> None:
    found = smallest_threshold(np.array([0.4, 0.6]), np.array([True, True]), accuracy=0.99)
    assert (found.threshold, found.share, found.accuracy) == (0.0, 1.0, 1.0)


def test_when_no_threshold_helps_none_is_accepted() -> None:
    found = smallest_threshold(np.array([0.4, 0.9]), np.array([True, False]), accuracy=0.99)
    assert (found.threshold, found.share) == (1.0, 0.0)


def test_nothing_to_accept_is_refused() -> None:
    with pytest.raises(InvalidValueError):
        acceptance(np.array([]), np.array([], dtype=bool), 0.5)

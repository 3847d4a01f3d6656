from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.calibration import calibration_gap, fit_temperature, softmax


def test_the_gap_is_the_distance_between_confidence_and_accuracy() -> None:
    confidence = np.full(100, 0.9)
    assert calibration_gap(confidence, np.arange(100) < 60) == pytest.approx(0.3)


def test_overconfident_cells_do_not_make_up_for_underconfident_ones() -> None:
    confidence = np.array([0.95] * 10 + [0.55] * 10)
    correct = np.array([False] * 5 + [True] * 5 + [True] * 10)
    assert calibration_gap(confidence, correct) == pytest.approx(0.45)


@given(st.floats(0.3, 4))
def test_the_temperature_that_flattened_the_logits_is_found_again(temperature: float) -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (4000, 3))
    cumulated = softmax(logits).cumsum(1)
    truth = (cumulated < rng.random((4000, 1))).sum(1)
    assert fit_temperature(logits * temperature, truth) == pytest.approx(temperature, rel=0.12)


def test_nothing_to_calibrate_on_is_refused() -> None:
    with pytest.raises(InvalidValueError):
        calibration_gap(np.array([]), np.array([], dtype=bool))
    with pytest.raises(InvalidValueError):
        fit_temperature(np.zeros((0, 2)), np.zeros(0, dtype=np.int64))

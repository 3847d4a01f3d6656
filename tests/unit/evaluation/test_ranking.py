"""Curves and areas agree with scikit-learn and with counting pairs by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as reference

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.ranking import (
    area_under_roc,
    at_sensitivity,
    at_specificity,
    average_precision,
    precision_recall_curve,
    roc_curve,
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n = draw(st.integers(2, 40))
    positive = draw(arrays(bool, n).filter(lambda truth: truth.any() and not truth.all()))
    return positive, draw(arrays(float, n, elements=st.integers(0, 6).map(lambda tenth: tenth / 10)))


@given(cases())
def test_the_area_is_the_share_of_pairs_in_the_right_order(both: tuple[np.ndarray, np.ndarray]) -> None:
    positive, score = both
    order = np.sign(score[positive][:, None] - score[~positive][None, :])
    assert area_under_roc(positive, score) == pytest.approx(float((order + 1).mean() / 2), abs=1e-12)


@given(cases())
def test_areas_agree_with_an_independent_implementation(both: tuple[np.ndarray, np.ndarray]) -> None:
    positive, score = both
    assert area_under_roc(positive, score) == pytest.approx(reference.roc_auc_score(positive, score), abs=1e-9)
    expected = reference.average_precision_score(positive, score)
    assert average_precision(positive, score) == pytest.approx(expected, abs=1e-9)


@given(cases())
def test_the_curves_agree_with_an_independent_implementation(both: tuple[np.ndarray, np.ndarray]) -> None:
    positive, score = both
    mine = roc_curve(positive, score)
    false, true, threshold = reference.roc_curve(positive, score, drop_intermediate=False)
    np.testing.assert_allclose(1 - mine.specificity, false, atol=1e-12)
    np.testing.assert_allclose(mine.sensitivity, true, atol=1e-12)
    np.testing.assert_array_equal(mine.threshold, threshold)
    steps = precision_recall_curve(positive, score)
    precision, recall, thresholds = reference.precision_recall_curve(positive, score)
    np.testing.assert_allclose(steps.precision[::-1], precision[:-1], atol=1e-12)
    np.testing.assert_allclose(steps.recall[::-1], recall[:-1], atol=1e-12)
    np.testing.assert_array_equal(steps.threshold[::-1], thresholds)


@given(cases(), st.data())
def test_a_case_that_counts_twice_is_two_cases(both: tuple[np.ndarray, np.ndarray], data: st.DataObject) -> None:
    positive, score = both
    times = data.draw(arrays(int, len(positive), elements=st.integers(1, 3)))
    repeated = area_under_roc(np.repeat(positive, times), np.repeat(score, times))
    assert area_under_roc(positive, score, times.astype(float)) == pytest.approx(repeated, abs=1e-12)


@given(cases(), st.floats(0, 1))
def test_an_operating_point_keeps_its_promise_and_none_is_better(
    both: tuple[np.ndarray, np.ndarray], wanted: float
) -> None:
    positive, score = both
    curve = roc_curve(positive, score)
    point = at_specificity(positive, score, wanted)
    called = score >= point.threshold
    assert (~called[~positive]).mean() == pytest.approx(point.specificity)
    assert called[positive].mean() == pytest.approx(point.sensitivity)
    assert point.specificity >= wanted - 1e-9
    assert point.sensitivity == curve.sensitivity[curve.specificity >= wanted - 1e-12].max()
    back = at_sensitivity(positive, score, wanted)
    assert back.sensitivity >= wanted - 1e-9
    assert back.specificity == curve.specificity[curve.sensitivity >= wanted - 1e-12].max()


@pytest.mark.parametrize(
    ("positive", "score"),
    [([], []), ([True, True], [0.1, 0.2]), ([False], [0.1]), ([True, False], [0.1]), ([True, False], [0.1, np.nan])],
)
def test_what_allows_no_curve_is_refused(positive: list[bool], score: list[float]) -> None:
    with pytest.raises(InvalidValueError):
        area_under_roc(np.array(positive, dtype=bool), np.array(score))


def test_a_share_outside_its_range_is_refused() -> None:
    with pytest.raises(InvalidValueError, match=r"\[0, 1\]"):
        at_specificity(np.array([True, False]), np.array([0.1, 0.2]), 1.1)

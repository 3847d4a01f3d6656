"""Agreement beyond chance equals scikit-learn's; predictive values follow Bayes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as reference

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.agreement import kappa, matthews, screening
from leukoscope.evaluation.metrics import confusion

NAMINGS = st.integers(5, 40).flatmap(
    lambda n: st.tuples(
        arrays(np.int64, n, elements=st.integers(0, 3)), arrays(np.int64, n, elements=st.integers(0, 3))
    )
)


@given(NAMINGS)
def test_agreement_equals_an_independent_implementation(both: tuple[np.ndarray, np.ndarray]) -> None:
    counts = confusion(*both, 4)
    assert matthews(counts) == pytest.approx(reference.matthews_corrcoef(*both), abs=1e-9)
    for quadratic in (False, True):
        weights = "quadratic" if quadratic else None
        if len(np.unique(np.concatenate(both))) > 1:  # scikit-learn gives no number for one class
            expected = reference.cohen_kappa_score(*both, labels=range(4), weights=weights)
            assert kappa(counts, quadratic=quadratic) == pytest.approx(expected, abs=1e-9)


def test_one_class_said_by_both_is_full_agreement_and_no_correlation() -> None:
    counts = np.array([[7, 0], [0, 0]])
    assert kappa(counts) == 1.0
    assert matthews(counts) == 0.0


def test_predictive_values_at_the_prevalence_of_the_cases_are_the_observed_ones() -> None:
    counts = np.array([[40, 10], [5, 45]])
    found = screening(counts, 1)
    assert found.sensitivity == pytest.approx(45 / 50)
    assert found.specificity == pytest.approx(40 / 50)
    assert found.positive_predictive_value == pytest.approx(45 / 55)
    assert found.negative_predictive_value == pytest.approx(40 / 45)


def test_a_rare_disease_lowers_the_positive_predictive_value() -> None:
    counts = np.array([[90, 10], [10, 90]])
    rare = screening(counts, 1, prevalence=0.01)
    assert rare.positive_predictive_value == pytest.approx(0.9 * 0.01 / (0.9 * 0.01 + 0.1 * 0.99))
    assert rare.negative_predictive_value == pytest.approx(0.9 * 0.99 / (0.9 * 0.99 + 0.1 * 0.01))


@given(arrays(np.int64, (3, 3), elements=st.integers(0, 20)).filter(lambda counts: counts.sum() > 0))
def test_what_nothing_allows_is_not_given(counts: np.ndarray) -> None:
    found = screening(counts, 0)
    assert (found.sensitivity is None) == (counts[0].sum() == 0)
    assert (found.specificity is None) == (counts[1:].sum() == 0)
    for value in (found.sensitivity, found.specificity, found.positive_predictive_value):
        assert value is None or 0 <= value <= 1


def test_an_impossible_prevalence_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="prevalence"):
        screening(np.array([[1, 0], [0, 1]]), 0, prevalence=1.2)

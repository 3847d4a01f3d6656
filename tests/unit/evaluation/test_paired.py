"""Paired tests agree with independent computations and hold their level."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.paired import delong, holm, mcnemar
from leukoscope.evaluation.ranking import area_under_roc


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 5))
def test_mcnemar_is_the_exact_binomial_test_of_the_differing_cases(
    only_first: int, only_second: int, both: int
) -> None:
    first = np.array([True] * only_first + [False] * only_second + [True] * both, dtype=bool)
    second = np.array([False] * only_first + [True] * only_second + [True] * both, dtype=bool)
    n = only_first + only_second
    expected = stats.binomtest(only_first, n, 0.5).pvalue if n else 1.0
    assert mcnemar(first, second) == pytest.approx(expected, abs=1e-9)


def naive_delong(positive: np.ndarray, scores: list[np.ndarray]) -> float:
    """The formula of 1988 by comparing all pairs."""
    v10, v01 = [], []
    for score in scores:
        wins = (np.sign(score[positive][:, None] - score[~positive][None, :]) + 1) / 2
        v10.append(wins.mean(1))
        v01.append(wins.mean(0))
    covariance = np.cov(v10) / positive.sum() + np.cov(v01) / (~positive).sum()
    return float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])


@pytest.mark.parametrize("seed", range(8))
def test_delong_equals_the_comparison_of_all_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    positive = rng.random(80) < 0.4
    first = (positive + rng.normal(0, 1, 80)).round(1)
    second = (0.5 * positive + rng.normal(0, 1, 80)).round(1)
    found = delong(positive, first, second)
    assert found.first == pytest.approx(area_under_roc(positive, first))
    assert found.second == pytest.approx(area_under_roc(positive, second))
    spread = np.sqrt(naive_delong(positive, [first, second]))
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(found.first - found.second) / spread))
    assert found.ci95[1] - found.ci95[0] == pytest.approx(2 * 1.959963984540054 * spread)


def test_delong_rejects_equal_scores_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    positive = np.arange(120) < 60
    rejected = 0
    for _ in range(400):
        common = positive + rng.normal(0, 1, 120)
        scores = [common + rng.normal(0, 0.7, 120) for _ in range(2)]
        rejected += delong(positive, *scores).p < 0.05
    assert 6 <= rejected <= 36  # 20 expected


def test_a_score_compared_with_itself_is_no_different() -> None:
    positive = np.array([True, True, False, False])
    score = np.array([0.9, 0.4, 0.5, 0.1])
    assert delong(positive, score, score).p == 1.0


@given(st.lists(st.floats(0, 1), max_size=8))
def test_corrected_p_values_are_never_smaller_and_keep_their_order(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(later >= before for before, later in zip(p_values, corrected, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert all(np.diff(np.array(corrected)[order]) >= 0)


def test_too_few_cases_or_other_cases_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="two cases of each kind"):
        delong(np.array([True, False, False]), np.zeros(3), np.zeros(3))
    with pytest.raises(InvalidValueError, match="same cases"):
        mcnemar(np.array([True]), np.array([True, False]))

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.intervals import clopper_pearson, group_bootstrap


@given(st.integers(0, 40), st.integers(1, 40))
def test_exact_limits_agree_with_scipy(count: int, n: int) -> None:
    count = min(count, n)
    expected = binomtest(count, n).proportion_ci(method="exact")
    assert clopper_pearson(count, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_without_trials_anything_is_possible() -> None:
    assert clopper_pearson(0, 0) == (0, 1)


@pytest.mark.parametrize(("count", "confidence"), [(5, 0.95), (-1, 0.95), (1, 1.0)])
def test_impossible_counts_are_refused(count: int, confidence: float) -> None:
    with pytest.raises(InvalidValueError):
        clopper_pearson(count, 3, confidence=confidence)


def test_alike_pictures_widen_the_limits() -> None:
    rng = np.random.default_rng(0)
    right = np.repeat(rng.random(20) < 0.7, 10)
    alone = group_bootstrap(lambda i: float(right[i].mean()), [str(n) for n in range(200)], np.random.default_rng(1))
    together = group_bootstrap(
        lambda i: float(right[i].mean()), [str(n // 10) for n in range(200)], np.random.default_rng(1)
    )
    assert together[1] - together[0] > 2 * (alone[1] - alone[0])
    assert together[0] <= right.mean() <= together[1]


def test_the_bootstrap_of_grouped_means_is_about_normal_theory() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(5, 1, 400)
    low, high = group_bootstrap(lambda i: float(values[i].mean()), [str(n) for n in range(400)], rng, rounds=2000)
    error = values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=error / 3)


def test_no_class_is_ever_missing_when_drawing_within_classes() -> None:
    strata = ["common"] * 90 + ["rare"] * 10
    groups = [str(n // 10) for n in range(100)]
    seen: list[int] = []

    def rare(chosen: np.ndarray) -> float:
        seen.append(int((chosen >= 90).sum()))
        return 0.0

    group_bootstrap(rare, groups, np.random.default_rng(0), strata=strata, rounds=50)
    assert set(seen) == {10}


def test_a_bootstrap_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidValueError):
        group_bootstrap(lambda i: 0.0, [], np.random.default_rng(0))

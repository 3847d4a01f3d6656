from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from leukoscope.data.description.spreads import share_between, spread_of
from leukoscope.errors import InvalidValueError


def test_a_spread_holds_the_quantiles_that_numpy_gives():
    values = np.random.default_rng(0).normal(size=501)
    one = spread_of(values)

    assert (one.n, one.mean) == (501, pytest.approx(values.mean()))
    assert [one.least, one.low, one.quarter, one.median, one.three_quarters, one.high, one.most] == pytest.approx(
        np.percentile(values, [0, 5, 25, 50, 75, 95, 100])
    )


def test_nothing_has_no_spread():
    with pytest.raises(InvalidValueError, match="at least one"):
        spread_of([])


def test_the_share_between_groups_is_that_of_an_analysis_of_variance():
    rng = np.random.default_rng(1)
    parts = [rng.normal(place, 1.5, 40 + 10 * place) for place in range(3)]
    groups = [name for name, part in zip("abc", parts, strict=True) for _ in part]
    f = stats.f_oneway(*parts).statistic
    between, within = len(parts) - 1, len(groups) - len(parts)

    assert share_between(np.concatenate(parts), groups) == pytest.approx(f * between / (f * between + within))


@pytest.mark.parametrize(
    ("values", "groups"),
    [([1, 2, 3], "aaa"), ([5, 5, 5], "aab"), ([1, 2, 3], "abc"), ([0.1 + 0.2, 0.3, 0.3], "aab"), ([], "")],
    ids=["one group", "no variance", "a group each", "variance by rounding", "nothing"],
)
def test_where_there_is_nothing_to_tell_nothing_is_told(values, groups):
    assert share_between(np.array(values, dtype=float), list(groups)) is None

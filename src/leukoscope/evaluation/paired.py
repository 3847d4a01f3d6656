"""Is one of two models better on the same cases, or can they not be told apart?  Paired tests and their correction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class AreaDifference:
    """Two areas under ROC curves on the same cases.

    Attributes:
        first: Area of the first score.
        second: Area of the second.
        ci95: 95 % limits of first minus second.
        p: Two-sided p value of no difference.
    """

    first: float
    second: float
    ci95: tuple[float, float]
    p: float


def mcnemar(first_right: Bools, second_right: Bools) -> float:
    """Exact two-sided p value that two models are right equally often.

    Args:
        first_right: Whether the first model was right on each case, shape (n,).
        second_right: The same of the second.

    Raises:
        InvalidValueError: The lengths differ.

    References:
        McNemar 1947; exact binomial form: Fagerland, Lydersen and Laake 2013, section 2.

    Example:
        >>> mcnemar(np.array([True] * 6), np.array([False] * 6))
        0.03125
    """
    if first_right.shape != second_right.shape:
        raise InvalidValueError("Both models must be asked about the same cases.", hint="Use one test manifest.")
    from scipy.stats import binom

    only_first, only_second = int((first_right & ~second_right).sum()), int((second_right & ~first_right).sum())
    differing = only_first + only_second
    return min(1.0, 2 * float(binom.cdf(min(only_first, only_second), differing, 0.5))) if differing else 1.0


def delong(positive: Bools, first: Floats, second: Floats) -> AreaDifference:
    """Compare two areas under ROC curves on the same cases, taken as independent of one another.

    Cases of one patient are not independent; use a bootstrap over patients where there are several cases each.

    Args:
        positive: Whether each case is positive, shape (n,); at least two of both kinds.
        first: Score of the first model, shape (n,).
        second: Score of the second.

    Raises:
        InvalidValueError: There are fewer than two cases of a kind, or lengths differ.

    References:
        DeLong, DeLong and Clarke-Pearson 1988; fast ranks: Sun and Xu 2014, "Fast implementation of DeLong's
        algorithm", algorithm 2.
    """
    if not positive.shape == first.shape == second.shape or min(positive.sum(), (~positive).sum()) < 2:
        raise InvalidValueError("At least two cases of each kind are needed, with two scores each.")
    from scipy.stats import norm

    above = [_placements(positive, score) for score in (first, second)]
    areas = [float(one.mean()) for one, _ in above]
    m, n = int(positive.sum()), int((~positive).sum())
    covariance = np.cov([one for one, _ in above]) / m + np.cov([other for _, other in above]) / n
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    difference, spread = areas[0] - areas[1], float(np.sqrt(max(variance, 0.0)))
    by_chance = 2 * float(norm.sf(abs(difference) / spread)) if spread > 0 else float(difference == 0)
    reach = float(norm.ppf(0.975)) * spread
    return AreaDifference(areas[0], areas[1], (difference - reach, difference + reach), by_chance)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """The p values corrected for how many comparisons were made, in the order given.

    References:
        Holm 1979, "A simple sequentially rejective multiple test procedure".

    Example:
        >>> holm([0.01, 0.04, 0.03])
        (0.03, 0.06, 0.06)
    """
    order = np.argsort(p_values, kind="stable")
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(order.tolist()):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return tuple(corrected)


def _placements(positive: Bools, score: Floats) -> tuple[Floats, Floats]:
    """Share of negatives below each positive, and of positives above each negative; ties count half."""
    from scipy.stats import rankdata

    m, n = int(positive.sum()), int((~positive).sum())
    together = rankdata(score)
    below = (together[positive] - rankdata(score[positive])) / n
    over = 1 - (together[~positive] - rankdata(score[~positive])) / m
    return np.asarray(below), np.asarray(over)

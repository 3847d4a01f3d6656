"""Areas under ROC and precision-recall curves of drawn samples: scores are sorted once, then only counts change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
_ROOM = 1 << 20
"""Numbers of a table of levels held at once."""


@dataclass(frozen=True, slots=True, eq=False)
class RankCounter:
    """One score against one class, ready to be counted in any sample of the groups.

    A level is a score that at least one positive has; levels fall from the highest score. What lies between two
    levels is negative and only its number matters, so a sample costs one sparse product and sums over the levels.

    Attributes:
        positive: Positives of each group at each level, shape (levels, groups).
        between: Negatives above a level and below the one before it.
        tied: Negatives at a level.
        negative: Negatives of each group, shape (groups,).
    """

    positive: csr_array
    between: csr_array
    tied: csr_array
    negative: Floats

    def areas(self, counts: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Area under the ROC curve and average precision of each sample.

        Args:
            counts: How often each group was drawn, shape (samples, groups).

        Returns:
            Two arrays of shape (samples,), not-a-number where a sample lacks positives or negatives. Ties count half
            in the area; average precision is a sum of steps.
        """
        at_once = max(1, _ROOM // max(1, self.positive.shape[0]))
        parts = [self._some(counts[start : start + at_once]) for start in range(0, len(counts), at_once)]
        return np.concatenate([one for one, _ in parts]), np.concatenate([other for _, other in parts])

    def _some(self, counts: NDArray[np.int64]) -> tuple[Floats, Floats]:
        drawn = np.ascontiguousarray(counts.T, dtype=np.float64)
        positive, tied = self.positive @ drawn, self.tied @ drawn
        alarms = np.cumsum(self.between @ drawn + tied, axis=0)
        hits = np.cumsum(positive, axis=0)
        positives, negatives = hits[-1], self.negative @ drawn
        lost = (positive * (alarms - tied / 2)).sum(axis=0)
        called = hits + alarms
        precision = np.divide(positive * hits, called, out=np.zeros_like(hits), where=called > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            area = 1 - lost / (positives * negatives)
            average = np.where(negatives > 0, precision.sum(axis=0) / positives, np.nan)
        return np.where(positives * negatives > 0, area, np.nan), average


def count_ranks(
    positive: NDArray[np.bool_], score: Floats, member: NDArray[np.int64], groups: int
) -> RankCounter | None:
    """Sort a score once.

    Args:
        positive: Whether each case is positive, shape (n,).
        score: Higher means more likely positive, shape (n,).
        member: Number of the group of each case, shape (n,).
        groups: How many groups there are.

    Returns:
        None where there is no positive or no negative case.

    Raises:
        InvalidValueError: Lengths differ, or a score is no number.

    Example:
        >>> one = count_ranks(np.array([True, False, False]), np.array([0.5, 0.5, 0.1]), np.arange(3), 3)
        >>> one.areas(np.ones((1, 3), dtype=np.int64))[0].tolist()
        [0.75]
    """
    if not positive.shape == score.shape == member.shape or not np.isfinite(score).all():
        raise InvalidValueError(f"Truths and finite scores must be equally many, got {positive.shape}, {score.shape}.")
    if positive.all() or not positive.any():
        return None
    levels = np.unique(score[positive])[::-1]
    # The first level that is not above the score; beyond the last lies what no positive is ranked below.
    place = np.searchsorted(-levels, -score, side="left")
    inside = np.minimum(place, len(levels) - 1)
    at_level = (place < len(levels)) & (levels[inside] == score)
    return RankCounter(
        _table(inside, member, positive, len(levels), groups),
        _table(inside, member, ~positive & ~at_level & (place < len(levels)), len(levels), groups),
        _table(inside, member, ~positive & at_level, len(levels), groups),
        np.bincount(member[~positive], minlength=groups).astype(np.float64),
    )


def _table(
    level: NDArray[np.int64], member: NDArray[np.int64], chosen: NDArray[np.bool_], levels: int, groups: int
) -> csr_array:
    from scipy.sparse import csr_array

    places = (level[chosen], member[chosen])
    return csr_array((np.ones(len(places[0])), places), shape=(levels, groups))

"""How well does one number, the area of the cell's mask, tell two classes apart?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.evaluation.ranking import area_under_roc
from leukoscope.evaluation.resampling import figure_rounds, make_groups, percentile_limits

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class AreaRanking:
    """Area under the ROC curve of the mask area in one fold, with 95 % limits; whole groups are drawn again."""

    name: str
    auc: float
    low: float
    high: float
    n: int


def rank_by_area(
    area: Floats, positive: Bools, folds: Sequence[str], groups: Sequence[str] | None, *, seed: int = 0
) -> tuple[AreaRanking, ...]:
    """The area's ranking in each fold; which class is the larger one is told by the other folds.

    Args:
        area: Area of the mask, shape (n,).
        positive: Whether a picture is of the second class, shape (n,).
        folds: Fold of each picture; where all are in one, the larger class is told by the fold itself.
        groups: What each picture is drawn with; None where each stands for itself.
        seed: Seed of the interval.
    """
    kinds, score = np.asarray(folds, dtype=object), area_score(area, positive, folds)
    names = np.asarray(groups if groups is not None else [str(place) for place in range(len(area))], dtype=object)
    found = []
    for kind in sorted(set(folds)):
        here = kinds == kind
        if len(set(positive[here])) < 2 or np.isnan(score[here]).any():
            continue
        found.append(_ranking(kind, score[here], positive[here], [str(one) for one in names[here]], seed))
    return tuple(found)


def area_score(area: Floats, positive: Bools, folds: Sequence[str]) -> Floats:
    """The area as a score of the second class: as it is, or negative where the other folds' larger class is the first.

    Args:
        area: Area of the mask, shape (n,).
        positive: Whether a picture is of the second class, shape (n,).
        folds: Fold of each picture; where all are in one, the larger class is told by the fold itself.

    Returns:
        Shape (n,); not-a-number in a fold whose other folds hold one class only.

    Example:
        >>> area_score(np.array([1.0, 2, 3, 4]), np.array([True, False, True, False]), ["a", "a", "b", "b"])
        array([-1., -2., -3., -4.])
    """
    kinds, score = np.asarray(folds, dtype=object), np.full(len(area), np.nan)
    for kind in set(folds):
        here = kinds == kind
        others = ~here if (~here).any() else here
        if len(set(positive[others])) == 2:
            score[here] = area[here] if area_under_roc(positive[others], area[others]) >= 0.5 else -area[here]
    return score


def _ranking(name: str, score: Floats, positive: Bools, groups: Sequence[str], seed: int) -> AreaRanking:
    drawn = make_groups(groups, [bool(one) for one in positive])
    rounds = figure_rounds(
        lambda weight: area_under_roc(positive, score, weight), drawn, np.random.default_rng(seed), _ROUNDS
    )
    value = area_under_roc(positive, score)
    low, high = percentile_limits(rounds) or (0.0, 1.0)
    return AreaRanking(name, value, low, high, len(score))

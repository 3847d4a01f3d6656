"""When should a model keep silent?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a threshold does: the share of cells accepted, and how often those are right (1 where none is)."""

    threshold: float
    share: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class ThresholdScore:
    """What calling a class from a threshold on gives; 0 where a ratio has no denominator."""

    threshold: float
    precision: float
    recall: float
    specificity: float
    f1: float


def acceptance(score: Floats, correct: NDArray[np.bool_], threshold: float) -> Acceptance:
    """What happens when cells below a threshold are left open.

    Args:
        score: Probability of the chosen class, shape (n,), n at least 1.
        correct: Whether that class is right, shape (n,).
        threshold: Cells with at least this score are accepted.

    Raises:
        InvalidValueError: There are no cells.
    """
    if not score.size or score.shape != correct.shape:
        raise InvalidValueError(f"Scores and truths must be equally many and not none, got {score.shape}.")
    accepted = score >= threshold
    right = float(correct[accepted].mean()) if accepted.any() else 1.0
    return Acceptance(threshold, float(accepted.mean()), right)


def smallest_threshold(score: Floats, correct: NDArray[np.bool_], *, accuracy: float) -> Acceptance:
    """The lowest threshold at which the accepted cells are right often enough.

    Args:
        score: Probability of the chosen class, shape (n,), n at least 1.
        correct: Whether that class is right, shape (n,).
        accuracy: What the accepted cells must reach.

    Returns:
        0 as threshold when every cell can be accepted; 1 when no threshold reaches the accuracy.

    Raises:
        InvalidValueError: There are no cells.

    Example:
        >>> smallest_threshold(np.array([0.9, 0.8, 0.4]), np.array([True, True, False]), accuracy=0.99).threshold
        0.8
    """
    for threshold in (0.0, *np.unique(score).tolist()):
        found = acceptance(score, correct, threshold)
        if found.share > 0 and found.accuracy >= accuracy:
            return found
    return acceptance(score, correct, 1.0)


TENTHS = tuple(number / 10 for number in range(1, 10))


def threshold_scores(
    positive: NDArray[np.bool_], score: Floats, thresholds: Sequence[float] = TENTHS
) -> tuple[ThresholdScore, ...]:
    """How a class is told when every score of at least a threshold is called positive.

    Args:
        positive: Whether each case is positive, shape (n,).
        score: Probability of the class, shape (n,).
        thresholds: In the order wanted.

    Raises:
        InvalidValueError: There are no cases, or lengths differ.

    Example:
        >>> threshold_scores(np.array([True, False]), np.array([0.7, 0.6]), [0.65])[0].f1
        1.0
    """
    if not score.size or score.shape != positive.shape:
        raise InvalidValueError(f"Scores and truths must be equally many and not none, got {score.shape}.")
    return tuple(_at(positive, score >= threshold, threshold) for threshold in thresholds)


def best_threshold(scores: Sequence[ThresholdScore]) -> ThresholdScore:
    """The threshold with the best F1, the one nearest to one half among equals; to be chosen on validation only."""
    return max(scores, key=lambda one: (one.f1, -abs(one.threshold - 0.5)))


def _at(positive: NDArray[np.bool_], called: NDArray[np.bool_], threshold: float) -> ThresholdScore:
    hits, said, there = int((positive & called).sum()), int(called.sum()), int(positive.sum())
    others = len(positive) - there
    return ThresholdScore(
        threshold,
        precision=hits / said if said else 0.0,
        recall=hits / there if there else 0.0,
        specificity=(others - said + hits) / others if others else 0.0,
        f1=2 * hits / (said + there) if said + there else 0.0,
    )

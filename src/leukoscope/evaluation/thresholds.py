"""When should a model keep silent?"""

from __future__ import annotations

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

"""How often is a model wrong where it answers, when it may keep silent?  Risk against coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RiskCoverage:
    """From answering only the surest pictures to answering all; all arrays have one shape (points,).

    Attributes:
        threshold: Pictures of at least this confidence are answered.
        coverage: Share that is answered.
        risk: Share of the answered that is wrong.
        area: Mean risk over all coverages; lower is better, and 0 is perfect.
    """

    threshold: Floats
    coverage: Floats
    risk: Floats
    area: float


def risk_coverage(confidence: Floats, correct: NDArray[np.bool_]) -> RiskCoverage:
    """Risk at every coverage.

    Args:
        confidence: Probability of the chosen class, shape (n,).
        correct: Whether that class was right, shape (n,).

    Raises:
        InvalidValueError: There are no pictures, or lengths differ.

    References:
        Geifman and El-Yaniv 2017, "Selective classification for deep neural networks", section 2.

    Example:
        >>> curve = risk_coverage(np.array([0.9, 0.8, 0.6, 0.6]), np.array([True, True, True, False]))
        >>> curve.coverage.tolist(), curve.risk.tolist()
        ([0.25, 0.5, 1.0], [0.0, 0.0, 0.25])
    """
    if not confidence.size or confidence.shape != correct.shape:
        raise InvalidValueError(f"Confidences and truths must be equally many and not none, got {confidence.shape}.")
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    answered = last + 1.0
    risk = np.cumsum(~correct[order])[last] / answered
    coverage = answered / len(ranked)
    return RiskCoverage(ranked[last], coverage, risk, float((risk * np.diff(coverage, prepend=0.0)).sum()))

"""How well does a score tell two classes apart, whatever the threshold?  ROC, precision-recall, points on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class RocCurve:
    """Operating points from the strictest threshold to the mildest; all arrays have one shape (points,).

    Attributes:
        threshold: Scores of at least this are called positive; the first is infinite (nothing is).
        sensitivity: Share of the positives that are called positive.
        specificity: Share of the negatives that are not.
    """

    threshold: Floats
    sensitivity: Floats
    specificity: Floats


@dataclass(frozen=True, slots=True, eq=False)
class PrecisionRecallCurve:
    """Operating points from the strictest threshold to the mildest; all arrays have one shape (points,)."""

    threshold: Floats
    precision: Floats
    recall: Floats


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A threshold and what it gives."""

    threshold: float
    sensitivity: float
    specificity: float


def roc_curve(positive: Bools, score: Floats) -> RocCurve:
    """Every operating point a score allows.

    Args:
        positive: Whether each case is positive, shape (n,); both kinds occur.
        score: Higher means more likely positive, shape (n,).

    Raises:
        InvalidValueError: One kind is missing, lengths differ, or a score is no number.
    """
    threshold, hits, alarms = _steps(positive, score)
    return RocCurve(threshold, hits / hits[-1], 1 - alarms / alarms[-1])


def area_under_roc(positive: Bools, score: Floats, weight: Floats | None = None) -> float:
    """Probability that a positive case scores above a negative one; ties count half.

    Args:
        positive: Whether each case is positive, shape (n,); both kinds occur.
        score: Higher means more likely positive, shape (n,).
        weight: How often each case counts, shape (n,), at least 0; once by default.

    Raises:
        InvalidValueError: One kind is missing, lengths differ, or a score is no number.

    References:
        Hanley and McNeil 1982, "The meaning and use of the area under a receiver operating characteristic curve".

    Example:
        >>> area_under_roc(np.array([True, False, False]), np.array([0.5, 0.5, 0.1]))
        0.75
    """
    _, hits, alarms = _steps(positive, score, weight)
    # Trapezoids between neighboring points: a step over tied scores is a slope, which counts its ties half.
    return float(np.sum(np.diff(alarms) * (hits[1:] + hits[:-1]) / 2) / (hits[-1] * alarms[-1]))


def precision_recall_curve(positive: Bools, score: Floats) -> PrecisionRecallCurve:
    """Precision and recall at every threshold; the point where nothing is called positive is left out.

    Raises:
        InvalidValueError: One kind is missing, lengths differ, or a score is no number.
    """
    threshold, hits, alarms = _steps(positive, score)
    return PrecisionRecallCurve(threshold[1:], hits[1:] / (hits[1:] + alarms[1:]), hits[1:] / hits[-1])


def average_precision(positive: Bools, score: Floats) -> float:
    """Area under the precision-recall curve as a sum of steps, without interpolation.

    By chance it is the share of positives.

    Raises:
        InvalidValueError: One kind is missing, lengths differ, or a score is no number.

    References:
        Davis and Goadrich 2006, "The relationship between precision-recall and ROC curves" (why not interpolated).

    Example:
        >>> round(average_precision(np.array([True, False, True]), np.array([0.9, 0.8, 0.7])), 4)
        0.8333
    """
    curve = precision_recall_curve(positive, score)
    return float(np.sum(np.diff(curve.recall, prepend=0.0) * curve.precision))


def at_specificity(positive: Bools, score: Floats, specificity: float) -> OperatingPoint:
    """The most sensitive threshold whose specificity is at least the one wanted.

    Raises:
        InvalidValueError: The wish is not in [0, 1], or the scores allow no curve.
    """
    curve = roc_curve(positive, score)
    return _best(curve, curve.specificity >= _share(specificity), curve.sensitivity)


def at_sensitivity(positive: Bools, score: Floats, sensitivity: float) -> OperatingPoint:
    """The most specific threshold whose sensitivity is at least the one wanted.

    Raises:
        InvalidValueError: The wish is not in [0, 1], or the scores allow no curve.
    """
    curve = roc_curve(positive, score)
    return _best(curve, curve.sensitivity >= _share(sensitivity), curve.specificity)


def _best(curve: RocCurve, allowed: Bools, wanted: Floats) -> OperatingPoint:
    place = int(np.argmax(np.where(allowed, wanted, -1.0)))
    return OperatingPoint(
        float(curve.threshold[place]), float(curve.sensitivity[place]), float(curve.specificity[place])
    )


def _share(value: float) -> float:
    if not 0 <= value <= 1:
        raise InvalidValueError(f"A share must lie in [0, 1], got {value}.")
    return value - 1e-12  # so that 0.9 is met by 9 of 10


def _steps(positive: Bools, score: Floats, weight: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """Thresholds from infinity down, and what is called positive at each: true and false ones, added up."""
    if positive.shape != score.shape or positive.ndim != 1 or not np.isfinite(score).all():
        raise InvalidValueError(f"Truths and finite scores must be equally many, got {positive.shape}, {score.shape}.")
    counted = np.ones(len(score)) if weight is None else np.asarray(weight, dtype=np.float64)
    order = np.argsort(-score, kind="stable")
    ranked, truth, counted = score[order], positive[order], counted[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1) if len(ranked) else np.zeros(0, dtype=np.int64)
    hits = np.cumsum(np.where(truth, counted, 0.0))[last]
    alarms = np.cumsum(np.where(truth, 0.0, counted))[last]
    if not len(last) or hits[-1] <= 0 or alarms[-1] <= 0:
        raise InvalidValueError("Both a positive and a negative case are needed.", hint="Give cases of both classes.")
    return np.append(np.inf, ranked[last]), np.append(0.0, hits), np.append(0.0, alarms)

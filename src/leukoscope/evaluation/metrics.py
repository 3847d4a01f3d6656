"""How often is a classifier right?  Pure functions over class numbers and probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError

Classes = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClassScore:
    """How well one class is told: precision, recall and F1 in [0, 1], and how many pictures have it."""

    precision: float
    recall: float
    f1: float
    support: int


def confusion(truth: Classes, predicted: Classes, classes: int) -> Classes:
    """Counts with the true class as row and the predicted one as column, shape (classes, classes).

    Raises:
        InvalidValueError: Lengths differ, nothing is given, or a number is no class.

    Example:
        >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
        [[1, 1], [0, 1]]
    """
    if truth.shape != predicted.shape or truth.ndim != 1 or not truth.size:
        raise InvalidValueError(
            f"Truth and prediction must be equally long lists, got {truth.shape}, {predicted.shape}."
        )
    if min(truth.min(), predicted.min()) < 0 or max(truth.max(), predicted.max()) >= classes:
        raise InvalidValueError(f"Class numbers must lie in [0, {classes}).")
    return np.bincount(truth * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def accuracy(counts: Classes) -> float:
    """Share of pictures whose class was right, from a confusion matrix."""
    return float(np.trace(counts) / counts.sum())


def class_scores(counts: Classes) -> tuple[ClassScore, ...]:
    """Precision, recall, F1 and support of each class; 0 where a ratio has no denominator."""
    right = np.diag(counts).astype(np.float64)
    support, said = counts.sum(1), counts.sum(0)
    precision = _ratio(right, said.astype(np.float64))
    recall = _ratio(right, support.astype(np.float64))
    f1 = _ratio(2 * right, (support + said).astype(np.float64))
    rows = zip(precision, recall, f1, support, strict=True)
    return tuple(ClassScore(float(p), float(r), float(f), int(n)) for p, r, f, n in rows)


def balanced_accuracy(counts: Classes) -> float:
    """Mean recall of the classes that occur."""
    present = [score.recall for score in class_scores(counts) if score.support]
    return float(np.mean(present))


def macro_f1(counts: Classes) -> float:
    """Mean F1 of the classes that occur or were said."""
    seen = (counts.sum(0) + counts.sum(1)) > 0
    return float(np.mean([score.f1 for score, use in zip(class_scores(counts), seen, strict=True) if use]))


def weighted_f1(counts: Classes) -> float:
    """F1 of the classes, weighted by how often they occur."""
    scores = class_scores(counts)
    return float(np.average([score.f1 for score in scores], weights=[score.support for score in scores]))


def auroc(truth: Classes, probabilities: Floats) -> float | None:
    """Mean area under the ROC curve, each class against the rest; None when fewer than two classes occur.

    Ties count half (Mann-Whitney).
    """
    present = np.unique(truth)
    if len(present) < 2:
        return None
    return float(np.mean([_area(truth == one, probabilities[:, one]) for one in present]))


def brier(truth: Classes, probabilities: Floats) -> float:
    """Mean squared distance of the probabilities from the truth, summed over classes, in [0, 2]."""
    wanted = np.eye(probabilities.shape[1])[truth]
    return float(((probabilities - wanted) ** 2).sum(1).mean())


def _area(positive: NDArray[np.bool_], score: Floats) -> float:
    from scipy.stats import rankdata  # slow to import: only where it is needed

    ranks = rankdata(score)
    n = int(positive.sum())
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(score) - n)))


def _ratio(upper: Floats, lower: Floats) -> Floats:
    return np.divide(upper, lower, out=np.zeros_like(upper), where=lower > 0)

"""Figures of many confusion matrices at once: those of drawn samples, or the one of all pictures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HEADLINE = (
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "weighted_f1",
    "macro_precision",
    "macro_recall",
    "weighted_precision",
    "weighted_recall",
    "matthews",
    "kappa",
    "kappa_quadratic",
)
PER_CLASS = ("precision", "recall", "f1", "specificity", "negative_predictive_value")


def matrix_figures(matrices: NDArray[np.int64]) -> Mapping[str, Floats]:
    """Headline figures of each matrix.

    Means over classes take the classes that occur or were said, and 0 where a ratio has no denominator; balanced
    accuracy and macro recall take the classes that occur. A figure no sample allows is not-a-number.

    Args:
        matrices: The truth as rows, shape (samples, classes, classes); or one column more, for pictures given no class.

    Returns:
        For each name of `HEADLINE` an array of shape (samples,).

    References:
        Gorodkin 2004, equation 8 (Matthews correlation for several classes); Cohen 1960 and 1968 (kappa).

    Example:
        >>> float(matrix_figures(np.array([[[1, 1], [0, 2]]]))["accuracy"][0])
        0.75
    """
    counts = matrices.astype(np.float64)
    support, said, right = _margins(counts)
    total = support.sum(1)
    told = class_figures(matrices)
    occurs, seen = support > 0, (support + said) > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "accuracy": right.sum(1) / total,
            "balanced_accuracy": _mean(told["recall"], occurs),
            "macro_f1": _mean(told["f1"], seen),
            "weighted_f1": _weighted(told["f1"], support),
            "macro_precision": _mean(told["precision"], seen),
            "macro_recall": _mean(told["recall"], occurs),
            "weighted_precision": _weighted(told["precision"], support),
            "weighted_recall": _weighted(told["recall"], support),
            "matthews": _matthews(support, counts.sum(1), right.sum(1)),
            "kappa": _kappa(counts, 0),
            "kappa_quadratic": _kappa(counts, 2),
        }


def class_figures(matrices: NDArray[np.int64]) -> Mapping[str, Floats]:
    """Figures of each class of each matrix against all others; 0 where a ratio has no denominator.

    Specificity and negative predictive value are 1 where nothing allows them, since nothing was called wrongly.

    Returns:
        For each name of `PER_CLASS` an array of shape (samples, classes).
    """
    support, said, right = _margins(matrices.astype(np.float64))
    others = support.sum(1, keepdims=True) - support
    without = others - (said - right)
    return {
        "precision": _ratio(right, said, 0.0),
        "recall": _ratio(right, support, 0.0),
        "f1": _ratio(2 * right, support + said, 0.0),
        "specificity": _ratio(without, others, 1.0),
        "negative_predictive_value": _ratio(without, without + support - right, 1.0),
    }


def _margins(counts: Floats) -> tuple[Floats, Floats, Floats]:
    """Pictures that have each class, that were given it, and both; shape (samples, classes) each."""
    return counts.sum(2), counts.sum(1)[:, : counts.shape[1]], np.diagonal(counts, axis1=1, axis2=2)


def _matthews(support: Floats, said: Floats, right: Floats) -> Floats:
    total = support.sum(1)
    spread = (total**2 - (said**2).sum(1)) * (total**2 - (support**2).sum(1))
    shared = right * total - (support * said[:, : support.shape[1]]).sum(1)
    return np.asarray(np.divide(shared, np.sqrt(spread), out=np.zeros_like(shared), where=spread > 0))


def _kappa(counts: Floats, power: int) -> Floats:
    rows, columns = np.indices(counts.shape[1:])
    cost = np.abs(rows - columns) ** 2.0 if power else (rows != columns).astype(np.float64)
    if power:  # a picture given no class is as far off as any can be
        cost[:, counts.shape[1] :] = (counts.shape[1] - 1) ** 2.0
    expected = np.einsum("si,sj,ij->s", counts.sum(2), counts.sum(1), cost) / counts.sum((1, 2))
    observed = np.einsum("sij,ij->s", counts, cost)
    return np.asarray(1 - np.divide(observed, expected, out=np.zeros_like(observed), where=expected > 0))


def _mean(values: Floats, use: NDArray[np.bool_]) -> Floats:
    return np.asarray((values * use).sum(1) / use.sum(1))


def _weighted(values: Floats, support: Floats) -> Floats:
    return np.asarray((values * support).sum(1) / support.sum(1))


def _ratio(upper: Floats, lower: Floats, otherwise: float) -> Floats:
    return np.divide(upper, lower, out=np.full_like(upper, otherwise), where=lower > 0)

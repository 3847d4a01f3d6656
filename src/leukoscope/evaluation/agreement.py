"""How far do two namings agree beyond chance?  From a confusion matrix with the truth (or first reader) as rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError

Classes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Screening:
    """One class against all others: what a laboratory asks of a test; None where nothing allows the figure."""

    sensitivity: float | None
    specificity: float | None
    positive_predictive_value: float | None
    negative_predictive_value: float | None


def matthews(counts: Classes) -> float:
    """Matthews correlation coefficient for any number of classes, in [-1, 1]; 0 where it has no denominator.

    References:
        Gorodkin 2004, "Comparing two K-category assignments by a K-category correlation coefficient", equation 8.

    Example:
        >>> matthews(np.array([[5, 0], [0, 5]]))
        1.0
    """
    matrix = counts.astype(np.float64)
    total, right = matrix.sum(), np.trace(matrix)
    true, said = matrix.sum(1), matrix.sum(0)
    spread = (total**2 - (said**2).sum()) * (total**2 - (true**2).sum())
    return float((right * total - true @ said) / np.sqrt(spread)) if spread > 0 else 0.0


def kappa(counts: Classes, *, quadratic: bool = False) -> float:
    """Cohen's kappa, in [-1, 1]; 1 where both namings use one and the same class only.

    Args:
        counts: Shape (classes, classes).
        quadratic: Weigh a disagreement by the squared distance of the classes; for ordered classes.

    References:
        Cohen 1960, "A coefficient of agreement for nominal scales"; Cohen 1968 (weighted).

    Example:
        >>> round(kappa(np.array([[20, 5], [10, 15]])), 3)
        0.4
    """
    matrix = counts.astype(np.float64)
    n = len(matrix)
    rows, columns = np.indices((n, n))
    cost = (rows - columns) ** 2.0 if quadratic else (rows != columns).astype(np.float64)
    expected = np.outer(matrix.sum(1), matrix.sum(0)) / matrix.sum()
    by_chance = float((cost * expected).sum())
    return 1 - float((cost * matrix).sum()) / by_chance if by_chance > 0 else 1.0


def screening(counts: Classes, positive: int, *, prevalence: float | None = None) -> Screening:
    """Sensitivity, specificity and predictive values of one class against the rest.

    Args:
        counts: Shape (classes, classes), the truth as rows.
        positive: Number of the class looked for.
        prevalence: How frequent it is where the test is to be used, in [0, 1]; by default as in these cases.

    Raises:
        InvalidValueError: The prevalence is not in [0, 1].

    References:
        Altman and Bland 1994, BMJ 309:102 (predictive values by prevalence).
    """
    if prevalence is not None and not 0 <= prevalence <= 1:
        raise InvalidValueError(f"A prevalence must lie in [0, 1], got {prevalence}.")
    hits = float(counts[positive, positive])
    with_it, called = float(counts[positive].sum()), float(counts[:, positive].sum())
    without = float(counts.sum()) - with_it
    sensitivity = hits / with_it if with_it else None
    specificity = (without - (called - hits)) / without if without else None
    share = with_it / (with_it + without) if prevalence is None else prevalence
    if sensitivity is None or specificity is None:
        return Screening(sensitivity, specificity, None, None)
    alarm, silence = share * sensitivity, (1 - share) * specificity
    false_alarm, missed = (1 - share) * (1 - specificity), share * (1 - sensitivity)
    return Screening(
        sensitivity,
        specificity,
        alarm / (alarm + false_alarm) if alarm + false_alarm > 0 else None,
        silence / (silence + missed) if silence + missed > 0 else None,
    )

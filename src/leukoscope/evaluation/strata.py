"""Is a model as good everywhere?  Accuracy by source, patient, class, or any number cut into equal thirds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.evaluation.intervals import clopper_pearson
from leukoscope.evaluation.predictions import Predictions


@dataclass(frozen=True, slots=True)
class Stratum:
    """Pictures that share something.

    Attributes:
        name: What they share.
        n: How many.
        right: How many of them are right.
        ci95: Exact limits of the accuracy, over pictures.
        classes: How many classes they have; an accuracy over one class is a recall.
    """

    name: str
    n: int
    right: int
    ci95: tuple[float, float]
    classes: int

    @property
    def accuracy(self) -> float:
        """Share that is right."""
        return self.right / self.n


def by_name(predictions: Predictions, names: Sequence[str]) -> tuple[Stratum, ...]:
    """Accuracy of the pictures of each name, in alphabetical order; pictures without one are left out.

    Example:
        >>> rows = np.array([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8]])
        >>> asked = Predictions(("a", "b"), np.array([0, 1, 1]), rows, ("1", "2", "3"))
        >>> [(one.name, one.right, one.n) for one in by_name(asked, ("x", "x", "y"))]
        [('x', 1, 2), ('y', 1, 1)]
    """
    named = np.array(names, dtype=object)
    return tuple(_stratum(predictions, named == name, name) for name in sorted(set(names)) if name)


def by_third(predictions: Predictions, values: NDArray[np.float64], what: str) -> tuple[Stratum, ...]:
    """Accuracy of the thirds with the lowest, middle and highest values; none where values differ too little for three.

    Args:
        predictions: The predictions.
        values: A number per picture; pictures where it is not finite are left out.
        what: Name of the number, such as "focus".

    Example:
        >>> rows = np.array([[0.9, 0.1]] * 6)
        >>> asked = Predictions(("a", "b"), np.array([0] * 6), rows, tuple("123456"))
        >>> [(one.name, one.n) for one in by_third(asked, np.arange(6.0), "focus")]
        [('focus 0 to 1.67', 2), ('focus 1.67 to 3.33', 2), ('focus 3.33 to 5', 2)]
        >>> by_third(asked, np.array([0.5, 1, 1, 1, 1, 1]), "focus")
        ()
    """
    known = np.isfinite(values)
    if not known.any():
        return ()
    cuts = np.unique(np.quantile(values[known], [0, 1 / 3, 2 / 3, 1]))
    told = next((told for digits in range(3, 7) if len(set(told := [f"{cut:.{digits}g}" for cut in cuts])) == 4), None)
    if told is None:
        return ()
    place = np.clip(np.searchsorted(cuts, values, side="right") - 1, 0, len(cuts) - 2)
    return tuple(
        _stratum(predictions, known & (place == one), f"{what} {told[one]} to {told[one + 1]}")
        for one in range(len(cuts) - 1)
        if (known & (place == one)).any()
    )


def _stratum(predictions: Predictions, inside: NDArray[np.bool_], name: str) -> Stratum:
    n, right = int(inside.sum()), int(predictions.correct[inside].sum())
    return Stratum(name, n, right, clopper_pearson(right, n), len(np.unique(predictions.targets[inside])))

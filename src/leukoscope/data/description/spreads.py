"""How are numbers spread, and how much of it lies between groups?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spread:
    """A few figures for many: number, mean and the quantiles 0, 5, 25, 50, 75, 95 and 100 %."""

    n: int
    mean: float
    least: float
    low: float
    quarter: float
    median: float
    three_quarters: float
    high: float
    most: float


def spread_of(values: Sequence[float] | Floats) -> Spread:
    """The spread of at least one number.

    Raises:
        InvalidValueError: There is none.

    Example:
        >>> spread_of([1, 2, 3, 4, 5]).median
        3.0
    """
    numbers = np.asarray(values, dtype=np.float64)
    if not numbers.size:
        raise InvalidValueError("A spread needs at least one number, got none.")
    quantiles = np.quantile(numbers, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1])
    return Spread(int(numbers.size), float(numbers.mean()), *(float(one) for one in quantiles))


def share_between(values: Floats, groups: Sequence[str]) -> float | None:
    """Share of the variance that lies between groups (eta squared of a one-way analysis of variance).

    Args:
        values: One number a picture.
        groups: The group of each picture.

    Returns:
        0 where all groups have one mean, 1 where each group has one value; None where there is nothing to tell: one
        group, no variance, or as many groups as pictures.

    Example:
        >>> share_between(np.array([1.0, 1.0, 2.0, 2.0]), ["a", "a", "b", "b"])
        1.0
    """
    names, places = np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True)
    total = float(((values - values.mean()) ** 2).sum()) if values.size else 0.0
    # Numbers that differ by rounding alone have no variance worth dividing.
    if len(names) < 2 or len(names) >= len(values) or total <= 1e-12 * max(1.0, float((values**2).sum())):
        return None
    counts = np.bincount(places)
    means = np.bincount(places, weights=values) / counts
    return float(min((counts * (means - values.mean()) ** 2).sum() / total, 1.0))

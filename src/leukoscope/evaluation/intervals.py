"""How sure a figure is: exact limits of a proportion, bootstrap limits of the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError


def clopper_pearson(count: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Exact (Clopper-Pearson) limits of a proportion.

    Args:
        count: Successes, in [0, n].
        n: Trials, at least 0; with none the limits are (0, 1).
        confidence: Two-sided coverage, in (0, 1).

    Returns:
        Lower and upper limit, in [0, 1].

    Raises:
        InvalidValueError: `count` is not in [0, n], or `confidence` not in (0, 1).

    References:
        Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the binomial".

    Example:
        >>> low, high = clopper_pearson(0, 100)
        >>> round(low, 3), round(high, 3)
        (0.0, 0.036)
    """
    if not 0 <= count <= n:
        raise InvalidValueError(f"A count must lie in [0, {n}], got {count}.")
    if not 0 < confidence < 1:
        raise InvalidValueError(f"A confidence must lie in (0, 1), got {confidence}.")
    if n == 0:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    # None and all have a closed form; with them a picture of one cell never waits for SciPy (a third of a second).
    if count == 0:
        return 0.0, 1 - tail ** (1 / n)
    if count == n:
        return tail ** (1 / n), 1.0
    from scipy.special import betaincinv

    low = float(betaincinv(count, n - count + 1, tail))
    return low, float(betaincinv(count + 1, n - count, 1 - tail))


def group_bootstrap(
    statistic: Callable[[NDArray[np.int64]], float],
    groups: Sequence[str],
    rng: np.random.Generator,
    *,
    strata: Sequence[object] | None = None,
    rounds: int = 1000,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Percentile limits of a figure when whole groups are drawn again with replacement.

    Pictures of one block or patient are alike; drawing pictures one by one would make the limits too narrow.

    Args:
        statistic: The figure, given positions (with repeats) of the pictures drawn.
        groups: Group of each picture, not empty.
        rng: Source of random numbers.
        strata: Class of each picture: from each class as many groups are drawn as it has, so that none is ever missing.
            A group counts to the class of its first picture. By default all groups are alike.
        rounds: How often to draw, at least 1.
        confidence: Two-sided coverage, in (0, 1).

    Raises:
        InvalidValueError: There are no pictures, or a number is out of range.

    References:
        Davison and Hinkley 1997, "Bootstrap methods and their application", section 3.8.
    """
    if not groups or rounds < 1 or not 0 < confidence < 1:
        raise InvalidValueError(f"A bootstrap needs pictures and rounds, got {len(groups)} and {rounds}.")
    members: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    layers: dict[object, list[NDArray[np.int64]]] = {}
    for places in members.values():
        layer = None if strata is None else strata[places[0]]
        layers.setdefault(layer, []).append(np.array(places, dtype=np.int64))

    def draw() -> NDArray[np.int64]:
        drawn = (layer[one] for layer in layers.values() for one in rng.integers(len(layer), size=len(layer)))
        return np.concatenate(list(drawn))

    figures = [statistic(draw()) for _ in range(rounds)]
    tail = 50 * (1 - confidence)
    low, high = np.percentile(figures, [tail, 100 - tail])
    return float(low), float(high)

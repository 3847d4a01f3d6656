"""Limits by drawing whole patients again, fast enough for 100,000 pictures and 2,000 rounds.

A drawn sample is kept as how often each group was drawn, never as a list of pictures: figures of a confusion matrix
then come from one matrix product, and ranks are sorted once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_CHUNK = 1 << 22
"""Drawn numbers held at once, so that memory stays flat."""
_FEW = 500
"""Groups up to which numpy's multinomial is the fastest way to draw."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Pictures that are drawn together.

    Attributes:
        member: Number of the group of each picture, shape (n,).
        layer: Layer of each group, shape (groups,): from a layer as many groups are drawn as it has.
    """

    member: Integers
    layer: Integers

    @property
    def count(self) -> int:
        """Number of groups."""
        return len(self.layer)

    @property
    def unlayered(self) -> Groups:
        """The same groups, drawn from all at once."""
        return Groups(self.member, np.zeros_like(self.layer))


def make_groups(names: Sequence[str], strata: Sequence[object] | None = None) -> Groups:
    """Number the groups.

    Args:
        names: Group of each picture, not empty.
        strata: Class of each picture. Groups are drawn within their class only where every group is of a single one;
            a group of several belongs to none, and then all are drawn from all, as by default.

    Raises:
        InvalidValueError: There are no pictures, or not as many strata.
    """
    if not names or (strata is not None and len(strata) != len(names)):
        raise InvalidValueError(f"Groups need pictures with one stratum each, got {len(names)} pictures.")
    _, first, member = np.unique(np.asarray(names, dtype=object), return_index=True, return_inverse=True)
    if strata is None:
        return Groups(np.asarray(member, dtype=np.int64), np.zeros(len(first), dtype=np.int64))
    kinds = {kind: number for number, kind in enumerate(dict.fromkeys(strata))}
    number = np.array([kinds[kind] for kind in strata], dtype=np.int64)
    mixed = bool((number != number[first][member]).any())
    return Groups(np.asarray(member, dtype=np.int64), np.zeros_like(number[first]) if mixed else number[first])


def drawn_counts(groups: Groups, rng: np.random.Generator, rounds: int) -> Iterator[Integers]:
    """How often each group is drawn, some rounds at a time, shape (rounds of this turn, groups).

    Raises:
        InvalidValueError: There are no rounds.
    """
    if rounds < 1:
        raise InvalidValueError(f"A bootstrap needs at least one round, got {rounds}.")
    at_once = max(1, _CHUNK // groups.count)
    for start in range(0, rounds, at_once):
        size = min(at_once, rounds - start)
        counts = np.zeros((size, groups.count), dtype=np.int64)
        for kind in np.unique(groups.layer):
            inside = np.flatnonzero(groups.layer == kind)
            counts[:, inside] = _drawn(len(inside), rng, size)
        yield counts


def _drawn(groups: int, rng: np.random.Generator, rounds: int) -> Integers:
    """How often each of some like groups is drawn, shape (rounds, groups)."""
    if groups <= _FEW:
        return np.asarray(rng.multinomial(groups, np.full(groups, 1 / groups), size=rounds))
    # One binomial number per group takes ten times as long as counting the drawn places.
    places = (rng.integers(groups, size=groups) for _ in range(rounds))
    return np.stack([np.bincount(drawn, minlength=groups) for drawn in places])


def confusion_rounds(
    truth: Integers, predicted: Integers, classes: int, groups: Groups, rng: np.random.Generator, rounds: int
) -> Integers:
    """A confusion matrix per round, shape (rounds, classes, classes)."""
    cells = classes * classes
    flat = groups.member * cells + truth * classes + predicted
    per_group = np.bincount(flat, minlength=groups.count * cells).reshape(groups.count, cells)
    matrices = [counts @ per_group for counts in drawn_counts(groups, rng, rounds)]
    return np.asarray(np.concatenate(matrices).reshape(-1, classes, classes), dtype=np.int64)


def figure_rounds(figure: Callable[[Floats], float], groups: Groups, rng: np.random.Generator, rounds: int) -> Floats:
    """A figure per round, given how often each picture counts, shape (rounds,); not-a-number where it has none."""
    found = [
        _or_nan(figure, counts[groups.member].astype(np.float64))
        for several in drawn_counts(groups, rng, rounds)
        for counts in several
    ]
    return np.array(found)


def percentile_limits(figures: Floats, *, confidence: float = 0.95) -> tuple[float, float] | None:
    """Limits between which the figures of the rounds lie; None where fewer than half of the rounds gave one.

    References:
        Davison and Hinkley 1997, "Bootstrap methods and their application", section 5.3.1.
    """
    seen = figures[np.isfinite(figures)]
    if 2 * len(seen) < len(figures) or not len(seen):
        return None
    tail = 50 * (1 - confidence)
    low, high = np.percentile(seen, [tail, 100 - tail])
    return float(low), float(high)


def bca_limits(
    figures: Floats, estimate: float, left_out: Floats, *, confidence: float = 0.95
) -> tuple[float, float] | None:
    """Limits corrected for bias and skewness, for figures near the end of their range.

    Args:
        figures: The figure of each round, shape (rounds,).
        estimate: The figure of all cases.
        left_out: The figure without each group in turn (jackknife), shape (groups,).
        confidence: Two-sided coverage, in (0, 1).

    Returns:
        None where fewer than half of the rounds gave a figure.

    References:
        Efron 1987, "Better bootstrap confidence intervals", sections 3 and 6.
    """
    from scipy.stats import norm

    seen = figures[np.isfinite(figures)]
    if 2 * len(seen) < len(figures) or not len(seen):
        return None
    # Ties count half, or a figure at the end of its range would have no bias that can be told.
    share = (np.count_nonzero(seen < estimate) + 0.5 * np.count_nonzero(seen == estimate)) / len(seen)
    bias = float(norm.ppf(np.clip(share, 1 / (len(seen) + 1), len(seen) / (len(seen) + 1))))
    away = np.mean(left_out) - left_out
    spread = float((away**2).sum()) ** 1.5
    skew = float((away**3).sum()) / (6 * spread) if spread > 0 else 0.0
    tails = norm.ppf([(1 - confidence) / 2, (1 + confidence) / 2])
    places = norm.cdf(bias + (bias + tails) / (1 - skew * (bias + tails)))
    low, high = np.quantile(seen, places)
    return float(low), float(high)


def gap_limits(
    figures: Floats, noise: Floats, estimate: float, *, confidence: float = 0.95
) -> tuple[float, float] | None:
    """Limits of a sum of absolute differences, such as a calibration error, which chance only makes larger.

    Below: what is left of it when the largest likely noise is taken away (a sum of absolute differences is at most the
    true one plus that of the noise), so 0 where noise alone explains it. Above: the reversed percentile limit, which
    takes away the upward shift that drawing adds, yet never less than the figure itself.

    Args:
        figures: The figure of each round, shape (rounds,).
        noise: Sum over the bins of how far each round lies from all pictures, shape (rounds,).
        estimate: The figure of all cases.
        confidence: Two-sided coverage, in (0, 1).

    Returns:
        None where fewer than half of the rounds gave a figure.

    References:
        Davison and Hinkley 1997, section 5.2.1 (reversed, there "basic", limits). Of drawn three-class predictions
        with a true error of 0.001, 0.03, 0.05 and 0.12 these limits held it in 93 to 100 of 100 samples of 240 or 1,000
        pictures, where limits corrected for bias and skewness hold 0.001 in none.
    """
    seen = figures[np.isfinite(figures)]
    if 2 * len(seen) < len(figures) or not len(seen):
        return None
    tail = (1 - confidence) / 2
    low = estimate - float(np.nanquantile(noise, 1 - tail))
    high = 2 * estimate - float(np.quantile(seen, tail))
    return max(0.0, low), min(1.0, max(estimate, high))


def _or_nan(figure: Callable[[Floats], float], weight: Floats) -> float:
    try:
        return figure(weight)
    except InvalidValueError:
        return float("nan")

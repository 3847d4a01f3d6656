"""How sure are the figures of a classifier?  Each with its 95 % limits and how these were found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from leukoscope.evaluation.counted import GAPS, CountedFigures, of_given_classes, place_of
from leukoscope.evaluation.intervals import clopper_pearson
from leukoscope.evaluation.resampling import Groups, bca_limits, drawn_counts, gap_limits, percentile_limits

Floats = NDArray[np.float64]
Method = Literal["", "exact", "exact-units", "bootstrap", "bootstrap-bca", "bootstrap-gap"]
ENOUGH_UNITS = 10
"""Patients or groups of a class below which limits are said to lean on too few."""
_BLOCKS = 400
"""Jackknife blocks: with more groups several are left out together, which leaves the skewness as it is."""
_ROOM = 1 << 22
"""Counts held at once, so that memory stays flat."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % limits; no limits where there are too few samples for any.

    Attributes:
        value: The figure.
        ci95: Lower and upper limit; None where none can be given.
        method: How the limits were found: exact (Clopper-Pearson, over pictures), the same with each patient or group
            as one case, bootstrap percentiles, bootstrap corrected for bias and skewness, or for a sum of absolute
            differences (`resampling.gap_limits`); empty where there are none.
    """

    value: float
    ci95: tuple[float, float] | None = None
    method: Method = ""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """All figures of the predictions, of each drawn sample, and with each block of groups left out.

    Attributes:
        value: Shape (figures,).
        rounds: Shape (rounds, figures).
        left_out: Shape (blocks, figures).
        gap_noise: For each of `GAPS` how far each round lies from all pictures, shape (rounds, 2).
    """

    value: Floats
    rounds: Floats
    left_out: Floats
    gap_noise: Floats

    def estimate(self, place: int, *, method: Method = "bootstrap-bca", cases: int = 0) -> Estimate | None:
        """One figure with its limits; None where it does not exist.

        Args:
            place: Its column.
            method: How limits come from the rounds: `bootstrap` or `bootstrap-bca`; calibration errors have their own.
            cases: Patients or groups that were all right where the figure is 1: every drawn sample is then alike, and
                the exact lower limit of so many right cases is the limit. 0 where 1 does not mean faultless.
        """
        value = float(self.value[place])
        if not np.isfinite(value):
            return None
        rounds = self.rounds[:, place]
        seen = rounds[np.isfinite(rounds)]
        if not len(seen) or seen.max() == seen.min():
            # Samples that never differ say that there is too little to draw from, or that nothing ever was wrong.
            faultless = value == 1.0 and cases > 0
            return Estimate(value, clopper_pearson(cases, cases), "exact-units") if faultless else Estimate(value)
        left_out = self.left_out[np.isfinite(self.left_out[:, place]), place]
        if place in (gaps := [place_of(name) for name in GAPS]):
            method, limits = "bootstrap-gap", gap_limits(rounds, self.gap_noise[:, gaps.index(place)], value)
        else:
            limits = bca_limits(rounds, value, left_out) if method == "bootstrap-bca" else percentile_limits(rounds)
        return Estimate(value, limits, method if limits else "")


def exact_estimate(count: int, n: int) -> Estimate | None:
    """A proportion with its exact limits; None of nothing.

    Example:
        >>> exact_estimate(3, 4).value
        0.75
    """
    return Estimate(count / n, clopper_pearson(count, n), "exact") if n else None


def draw_figures(figures: CountedFigures, groups: Groups, rng: np.random.Generator, rounds: int) -> Drawn:
    """Draw whole groups again and again, and add up every figure of every sample.

    Figures told of pictures whose class is given (recall, specificity, balanced accuracy, AUROC) are drawn within the
    layers, which are the classes. All others move with how frequent the classes are, which a new sample would not
    repeat: they are drawn from all groups at once, and a sample that lacks a class gives no mean over the classes.

    Args:
        figures: Predictions added up by these groups.
        groups: What is drawn.
        rng: Source of random numbers.
        rounds: How often; with none there are no limits.
    """
    everything = np.ones((1, groups.count), dtype=np.int64)
    value = figures.figures(everything)[0]
    if not rounds or not can_be_drawn(groups):
        return Drawn(value, np.empty((0, len(value))), np.empty((0, len(value))), np.empty((0, len(GAPS))))
    if not groups.layer.any():
        freely, noise = _rounds(figures, groups, rng, rounds)
        return Drawn(value, freely, _without_each(figures, groups, rng), noise)
    within = np.concatenate([figures.of_whole_samples(counts) for counts in drawn_counts(groups, rng, rounds)])
    left_out = _without_each(figures, groups, rng)
    freely, noise = _rounds(figures, groups.unlayered, rng, rounds)
    return Drawn(value, np.where(of_given_classes(figures.classes), within, freely), left_out, noise)


def _without_each(figures: CountedFigures, groups: Groups, rng: np.random.Generator) -> Floats:
    return np.concatenate([figures.of_whole_samples(counts) for counts in _left_out(groups, rng)])


def _rounds(figures: CountedFigures, groups: Groups, rng: np.random.Generator, rounds: int) -> tuple[Floats, Floats]:
    parts = [
        (figures.of_whole_samples(counts), figures.gap_noise(counts)) for counts in drawn_counts(groups, rng, rounds)
    ]
    return np.concatenate([one for one, _ in parts]), np.concatenate([noise for _, noise in parts])


def can_be_drawn(groups: Groups) -> bool:
    """Whether every layer holds at least two groups: from a single one nothing else can be drawn."""
    return bool((np.bincount(groups.layer) != 1).all())


def _left_out(groups: Groups, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Counts with one block left out in each row, some rows at a time."""
    blocks = min(groups.count, _BLOCKS)
    block = rng.permutation(groups.count) % blocks
    at_once = max(1, _ROOM // groups.count)
    for start in range(0, blocks, at_once):
        left_out = np.arange(start, min(start + at_once, blocks))
        yield (block[None] != left_out[:, None]).astype(np.int64)

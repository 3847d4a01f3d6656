"""Can the probabilities be taken at their word?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.intervals import clopper_pearson

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Pictures of like confidence.

    Attributes:
        n: How many.
        confidence: Their mean confidence.
        right: How many of them are right.
        ci95: Exact limits of the share that is right.
    """

    n: int
    confidence: float
    right: int
    ci95: tuple[float, float]

    @property
    def accuracy(self) -> float:
        """Share that is right."""
        return self.right / self.n


def calibration_gap(confidence: Floats, correct: NDArray[np.bool_], *, bins: int = 15) -> float:
    """Expected calibration error of the top class.

    Args:
        confidence: Probability of the chosen class, shape (cells,), in [0, 1].
        correct: Whether that class was right, shape (cells,).
        bins: Number of equally wide confidence bins, at least 1.

    Returns:
        Gap in [0, 1], weighted by cells per bin; 0 is perfect.

    Raises:
        InvalidValueError: There are no cells, or `bins` is below 1.

    References:
        Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3.

    Example:
        >>> calibration_gap(np.array([0.75, 0.75, 0.75, 0.75]), np.array([True, True, True, False]))
        0.0
    """
    if not confidence.size or confidence.shape != correct.shape or bins < 1:
        raise InvalidValueError(f"A calibration needs cells and bins, got {confidence.shape} and {bins} bins.")
    place = equal_width_bins(confidence, bins)
    surplus = np.bincount(place, weights=confidence - correct, minlength=bins)
    return float(np.abs(surplus).sum() / len(confidence))


@dataclass(frozen=True, slots=True)
class ChanceGap:
    """The calibration error that a perfectly calibrated model of the same scores would show by chance alone.

    Attributes:
        mean: On average.
        upper: In 95 of 100 samples at most.
    """

    mean: float
    upper: float


def gap_if_calibrated(
    confidence: Floats, decided: NDArray[np.bool_], rng: np.random.Generator, rounds: int, *, bins: int = 15
) -> ChanceGap | None:
    """Draw whether each picture is right from its own confidence, again and again: bars of consistency.

    Pictures are drawn as independent; where several come from one patient, chance does more than this.

    Args:
        confidence: Probability of the chosen class, shape (cells,), in [0, 1].
        decided: Whether a class was chosen; the others are never right, shape (cells,).
        rng: Source of random numbers.
        rounds: How often.
        bins: Number of equally wide confidence bins.

    Returns:
        None of no cells or rounds.

    References:
        Broecker and Smith 2007, "Increasing the reliability of reliability diagrams" (consistency resampling).

    Example:
        >>> found = gap_if_calibrated(np.full(100, 0.8), np.full(100, True), np.random.default_rng(0), 1000)
        >>> round(found.mean, 2), round(found.upper, 2)
        (0.03, 0.08)
    """
    if not len(confidence) or rounds < 1:
        return None
    place = equal_width_bins(confidence, bins)
    order = np.argsort(place, kind="stable")
    ranked, chance = confidence[order], np.where(decided, confidence, 0.0)[order]
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    claimed = np.add.reduceat(ranked, starts)
    gaps = [
        np.abs(claimed - np.add.reduceat(rng.random(len(chance)) < chance, starts, dtype=np.int64)).sum() / len(chance)
        for _ in range(rounds)
    ]
    return ChanceGap(float(np.mean(gaps)), float(np.quantile(gaps, 0.95)))


def calibration_bins(confidence: Floats, correct: NDArray[np.bool_], *, bins: int = 10) -> tuple[CalibrationBin, ...]:
    """How often pictures of like confidence are right, in bins of about equally many pictures.

    Args:
        confidence: Probability of the chosen class, shape (n,).
        correct: Whether that class was right, shape (n,).
        bins: Wanted bins; pictures of one confidence are never divided, so there may be fewer.

    Example:
        >>> [one.accuracy for one in calibration_bins(np.array([0.6, 0.9]), np.array([False, True]), bins=2)]
        [0.0, 1.0]
    """
    place = equal_mass_bins(confidence, bins)
    found = []
    for one in np.unique(place):
        inside = place == one
        n, right = int(inside.sum()), int(correct[inside].sum())
        found.append(CalibrationBin(n, float(confidence[inside].mean()), right, clopper_pearson(right, n)))
    return tuple(found)


def equal_width_bins(confidence: Floats, bins: int) -> NDArray[np.int64]:
    """Bin of each confidence when [0, 1] is cut into equally wide ones."""
    return np.clip((confidence * bins).astype(np.int64), 0, bins - 1)


def equal_mass_bins(confidence: Floats, bins: int) -> NDArray[np.int64]:
    """Bin of each confidence when each bin gets equally many; equal confidences are never divided.

    Example:
        >>> equal_mass_bins(np.array([0.9, 0.5, 0.5, 0.8]), 2).tolist()
        [1, 0, 0, 1]
    """
    _, number, many = np.unique(confidence, return_inverse=True, return_counts=True)
    before = np.cumsum(many) - many
    return np.asarray((before * bins // max(1, len(confidence)))[number], dtype=np.int64)


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    """Probabilities of logits, shape (n, classes), divided by a temperature."""
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_temperature(logits: Floats, truth: NDArray[np.int64]) -> float:
    """The temperature that makes the logits most likely, between 0.05 and 20.

    Args:
        logits: Shape (n, classes).
        truth: Class numbers, shape (n,).

    Raises:
        InvalidValueError: There are no logits, or as many truths as logits are not given.

    References:
        Guo et al. 2017, section 4.2.
    """
    if not len(logits) or len(logits) != len(truth):
        raise InvalidValueError(f"A temperature needs logits and truths, got {len(logits)} and {len(truth)}.")
    from scipy.optimize import minimize_scalar  # slow to import: only where a model is made

    def surprise(log_temperature: float) -> float:
        chosen = softmax(logits, float(np.exp(log_temperature)))[np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(chosen, 1e-300)).mean())

    best = minimize_scalar(surprise, bounds=(np.log(0.05), np.log(20)), method="bounded")
    return float(np.exp(best.x))

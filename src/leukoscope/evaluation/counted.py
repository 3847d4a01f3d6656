"""Every headline figure of a classifier, for any number of drawn samples at once.

A sample is how often each group was drawn. So all figures of one sample, and of two models on the same cases, come
from the same draw, which is what paired comparisons need.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.evaluation.calibration import equal_mass_bins, equal_width_bins
from leukoscope.evaluation.counted_ranks import RankCounter, count_ranks
from leukoscope.evaluation.matrix_figures import HEADLINE, PER_CLASS, class_figures, matrix_figures
from leukoscope.evaluation.predictions import Predictions

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

RANKS = ("auroc", "auprc")
GAPS = ("ece", "ece_equal_mass")
"""Sums of absolute differences, which chance makes larger."""
OF_PROBABILITIES = (*RANKS, "log_loss", "brier", *GAPS)
FIGURES = (*HEADLINE, *OF_PROBABILITIES)
"""Figures of all classes together, in the order of the columns of `CountedFigures.headline`."""
CLASS_FIGURES = (*PER_CLASS, *RANKS)
"""Figures of one class against all others."""
OF_GIVEN_CLASSES = ("balanced_accuracy", "macro_recall", "recall", "specificity", "auroc")
"""Figures told of pictures whose class is given; all others move with how frequent the classes are."""
OF_ALL_CLASSES = ("balanced_accuracy", "macro_f1", "macro_precision", "macro_recall", "auroc", "auprc")
"""Means over the classes: of a drawn sample that lacks a class they would be means over fewer."""
_OF_ITS_PICTURES = ("recall", "f1")
SMALLEST_PROBABILITY = float(np.finfo(np.float64).eps)
"""Probabilities are held above this for the log loss, as scikit-learn does."""


@dataclass(frozen=True, slots=True, eq=False)
class CountedFigures:
    """Predictions, added up by group.

    Attributes:
        classes: Number of classes.
        confusion: Confusion matrix of each group, flat, shape (groups, classes * (classes + 1)); the last column counts
            pictures given no class.
        ranks: Each class against the rest; None for a class that all pictures have, or none.
        losses: Log loss, Brier score and number of pictures of each group, shape (groups, 3).
        widths: Confidence minus rightness of each group in bins of equal width, shape (groups, bins).
        masses: The same in bins of equally many pictures.
    """

    classes: int
    confusion: Counts
    ranks: tuple[RankCounter | None, ...]
    losses: Floats
    widths: Floats
    masses: Floats

    def figures(self, counts: Counts) -> Floats:
        """Figures of samples.

        Args:
            counts: How often each group was drawn, shape (samples, groups).

        Returns:
            Shape (samples, figures): those of `FIGURES`, then for each class those of `CLASS_FIGURES`;
            not-a-number where a sample does not allow one. AUROC and AUPRC of all classes are means over the classes
            that a sample holds.
        """
        matrices = (counts @ self.confusion).reshape(-1, self.classes, self.classes + 1)
        headline, per_class = matrix_figures(matrices), class_figures(matrices)
        areas, precisions = self._areas(counts)
        losses = counts @ self.losses
        with np.errstate(invalid="ignore", divide="ignore"):
            whole = [
                *(headline[name] for name in HEADLINE),
                _mean_of_known(areas),
                _mean_of_known(precisions),
                losses[:, 0] / losses[:, 2],
                losses[:, 1] / losses[:, 2],
                np.abs(counts @ self.widths).sum(1) / losses[:, 2],
                np.abs(counts @ self.masses).sum(1) / losses[:, 2],
            ]
        single = [
            column
            for one in range(self.classes)
            for column in (*(per_class[name][:, one] for name in PER_CLASS), areas[:, one], precisions[:, one])
        ]
        return np.stack([*whole, *single], axis=1)

    def of_whole_samples(self, counts: Counts) -> Floats:
        """The same, but not-a-number where a figure needs a class that occurs and that the sample lacks."""
        found = self.figures(counts)
        holds = self.confusion.reshape(-1, self.classes, self.classes + 1).sum(axis=2)
        lacks = (holds.sum(axis=0) > 0) & (counts.astype(np.float64) @ holds == 0)
        if lacks.any():
            found[np.ix_(lacks.any(axis=1), [place_of(name) for name in OF_ALL_CLASSES])] = np.nan
            for one in range(self.classes):
                found[np.ix_(lacks[:, one], [place_of(name, one) for name in _OF_ITS_PICTURES])] = np.nan
        return found

    def gap_noise(self, counts: Counts) -> Floats:
        """Sum over the bins of how far each sample lies from all pictures, shape (samples, 2): for each of `GAPS`."""
        n = self.losses[:, 2]
        with np.errstate(invalid="ignore", divide="ignore"):
            moved = [
                np.abs((counts @ one) / (counts @ n)[:, None] - one.sum(axis=0) / n.sum()).sum(axis=1)
                for one in (self.widths, self.masses)
            ]
        return np.stack(moved, axis=1)

    def _areas(self, counts: Counts) -> tuple[Floats, Floats]:
        nothing = np.full(len(counts), np.nan)
        pairs = [(nothing, nothing) if one is None else one.areas(counts) for one in self.ranks]
        return np.stack([area for area, _ in pairs], axis=1), np.stack([mean for _, mean in pairs], axis=1)


def place_of(figure: str, class_number: int | None = None) -> int:
    """Column of a figure: of all classes together, or of one class.

    Example:
        >>> place_of("accuracy"), place_of("precision", 1) - place_of("precision", 0) == len(CLASS_FIGURES)
        (0, True)
    """
    if class_number is None:
        return FIGURES.index(figure)
    return len(FIGURES) + class_number * len(CLASS_FIGURES) + CLASS_FIGURES.index(figure)


def of_given_classes(classes: int) -> NDArray[np.bool_]:
    """Which columns of the figures of so many classes are those of `OF_GIVEN_CLASSES`."""
    return np.isin([*FIGURES, *CLASS_FIGURES * classes], OF_GIVEN_CLASSES)


def count_figures(predictions: Predictions, member: Counts, groups: int, *, bins: int = 15) -> CountedFigures:
    """Add predictions up by group.

    A picture of which nothing was said is not right; figures of probabilities and ranks leave it out.

    Args:
        predictions: The predictions.
        member: Number of the group of each picture, shape (n,).
        groups: How many groups there are.
        bins: Confidence bins of the calibration errors; those of equal mass are cut where these pictures have them.
    """
    classes, answered = len(predictions.classes), predictions.answered
    cells = classes * (classes + 1)
    flat = member * cells + predictions.targets * (classes + 1) + predictions.predicted
    rows, truth, known = predictions.probabilities[answered], predictions.targets[answered], member[answered]
    confidence = predictions.confidence[answered]
    surplus = confidence - predictions.correct[answered]
    return CountedFigures(
        classes,
        np.bincount(flat, minlength=groups * cells).reshape(groups, cells),
        tuple(count_ranks(truth == one, rows[:, one], known, groups) for one in range(classes)),
        _losses(rows, truth, known, groups),
        _by_bin(surplus, equal_width_bins(confidence, bins), bins, known, groups),
        _by_bin(surplus, equal_mass_bins(confidence, bins), bins, known, groups),
    )


def _losses(probabilities: Floats, truth: Counts, member: Counts, groups: int) -> Floats:
    chosen = probabilities[np.arange(len(truth)), truth] / probabilities.sum(axis=1)
    surprise = -np.log(np.clip(chosen, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY))
    distance = ((probabilities - np.eye(probabilities.shape[1])[truth]) ** 2).sum(axis=1)
    columns = (surprise, distance, np.ones(len(truth)))
    return np.stack([np.bincount(member, weights=one, minlength=groups) for one in columns], axis=1)


def _by_bin(surplus: Floats, place: Counts, bins: int, member: Counts, groups: int) -> Floats:
    summed: Floats = np.bincount(member * bins + place, weights=surplus, minlength=groups * bins).astype(np.float64)
    return summed.reshape(groups, bins)


def _mean_of_known(values: Floats) -> Floats:
    known = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=1) / known.sum(axis=1))

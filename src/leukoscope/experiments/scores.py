"""Answers of a classifier beside the truth, and the figures of an evaluation as a card tells them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.card import MetricsCard, RecallCard
from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.class_evaluation import ClassEvaluation
from leukoscope.evaluation.classification import Evaluation
from leukoscope.evaluation.estimates import Estimate


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Answers of a classifier beside the truth.

    Attributes:
        probabilities: Shape (n, classes).
        truth: Class numbers, shape (n,).
        groups: What each picture belongs to, for limits that respect likeness; length n.

    Raises:
        InvalidValueError: Lengths differ or nothing is given.
    """

    probabilities: NDArray[np.float64]
    truth: NDArray[np.int64]
    groups: tuple[str, ...]

    def __post_init__(self) -> None:
        if not len(self.truth) or {len(self.probabilities), len(self.groups)} != {len(self.truth)}:
            raise InvalidValueError("Probabilities, truths and groups must be equally many, and not none.")

    @property
    def predicted(self) -> NDArray[np.int64]:
        """Most probable class of each picture."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether that class is right."""
        return np.asarray(self.predicted == self.truth)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """Probability of that class."""
        return np.asarray(self.probabilities.max(axis=1))


def card_figures(evaluation: Evaluation, how_held_out: str) -> MetricsCard:
    """The figures of an evaluation as a card tells them, rounded to four places.

    Where too few samples allow no limits, the card says the widest there are: 0 to 1. A class that no picture has is
    left out; precision of a class that was never said is 0, as the card has no word for what does not exist.
    """
    figures = {
        name: evaluation.figures[name] or Estimate(0.0) for name in ("accuracy", "balanced_accuracy", "macro_f1", "ece")
    }
    return MetricsCard(
        how_held_out=how_held_out,
        n=evaluation.n,
        accuracy=round(figures["accuracy"].value, 4),
        accuracy_ci95=_limits(figures["accuracy"]),
        balanced_accuracy=round(figures["balanced_accuracy"].value, 4),
        balanced_accuracy_ci95=_limits(figures["balanced_accuracy"]),
        macro_f1=round(figures["macro_f1"].value, 4),
        macro_f1_ci95=_limits(figures["macro_f1"]),
        ece=round(figures["ece"].value, 4),
        per_class={one.name: _recall_card(one, one.recall) for one in evaluation.per_class if one.recall is not None},
    )


def _recall_card(one: ClassEvaluation, recall: Estimate) -> RecallCard:
    return RecallCard(
        recall=round(recall.value, 4),
        recall_ci95=_limits(recall),
        precision=0.0 if one.precision is None else round(one.precision.value, 4),
        support=one.support,
    )


def _limits(estimate: Estimate) -> tuple[float, float]:
    low, high = estimate.ci95 or (0.0, 1.0)
    return round(low, 4), round(high, 4)

"""What a classifier did on labeled pictures, with limits: the figures of `metrics.json` and of the card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.card import MetricsCard, RecallCard
from leukoscope.errors import InvalidValueError
from leukoscope.evaluation import metrics
from leukoscope.evaluation.calibration import calibration_gap
from leukoscope.evaluation.intervals import clopper_pearson, group_bootstrap
from leukoscope.evaluation.thresholds import acceptance

Interval = tuple[float, float]


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


@dataclass(frozen=True, slots=True)
class Scores:
    """Headline figures with their 95 % limits, and figures per class.

    The limits of `accuracy` are exact over pictures; the others are bootstrapped over groups.
    """

    classes: tuple[str, ...]
    n: int
    accuracy: float
    accuracy_ci95: Interval
    accuracy_by_group_ci95: Interval
    balanced_accuracy: float
    balanced_accuracy_ci95: Interval
    macro_f1: float
    macro_f1_ci95: Interval
    weighted_f1: float
    weighted_f1_ci95: Interval
    per_class: tuple[metrics.ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    auroc: float | None
    ece: float
    brier: float
    abstained: float
    accepted_accuracy: float

    def to_json(self) -> dict[str, Any]:
        """The content of `metrics.json`."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name not in ("per_class", "classes")}
        rows = zip(self.classes, self.per_class, strict=True)
        per_class = {
            name: {"precision": one.precision, "recall": one.recall, "f1": one.f1, "support": one.support}
            for name, one in rows
        }
        return {"task": "classification", "classes": list(self.classes), **fields, "per_class": per_class}

    def to_card(self, how_held_out: str) -> MetricsCard:
        """The figures as a card tells them, rounded to four places."""
        rows = zip(self.classes, self.per_class, strict=True)
        return MetricsCard(
            how_held_out=how_held_out,
            n=self.n,
            accuracy=round(self.accuracy, 4),
            accuracy_ci95=_round(self.accuracy_ci95),
            balanced_accuracy=round(self.balanced_accuracy, 4),
            balanced_accuracy_ci95=_round(self.balanced_accuracy_ci95),
            macro_f1=round(self.macro_f1, 4),
            macro_f1_ci95=_round(self.macro_f1_ci95),
            ece=round(self.ece, 4),
            per_class={name: _recall_card(one) for name, one in rows},
        )


def score(judged: Judged, classes: Sequence[str], *, uncertain_below: float, rng: np.random.Generator) -> Scores:
    """Score answers against the truth.

    Args:
        judged: The answers.
        classes: Class names in the order of their numbers.
        uncertain_below: Pictures below this score count as abstained; every other figure counts them as answered.
        rng: Source of random numbers for the bootstrap.
    """
    number = len(classes)
    truth, predicted = judged.truth, judged.predicted
    counts = metrics.confusion(truth, predicted, number)
    accepted = acceptance(judged.confidence, judged.correct, uncertain_below)

    def limits(figure: Any) -> Interval:
        return group_bootstrap(
            lambda chosen: float(figure(metrics.confusion(truth[chosen], predicted[chosen], number))),
            judged.groups,
            rng,
            strata=truth.tolist(),
        )

    return Scores(
        classes=tuple(classes),
        n=len(truth),
        accuracy=metrics.accuracy(counts),
        accuracy_ci95=clopper_pearson(int(np.trace(counts)), len(truth)),
        accuracy_by_group_ci95=limits(metrics.accuracy),
        balanced_accuracy=metrics.balanced_accuracy(counts),
        balanced_accuracy_ci95=limits(metrics.balanced_accuracy),
        macro_f1=metrics.macro_f1(counts),
        macro_f1_ci95=limits(metrics.macro_f1),
        weighted_f1=metrics.weighted_f1(counts),
        weighted_f1_ci95=limits(metrics.weighted_f1),
        per_class=metrics.class_scores(counts),
        confusion=tuple(tuple(int(one) for one in row) for row in counts),
        auroc=metrics.auroc(truth, judged.probabilities),
        ece=calibration_gap(judged.confidence, judged.correct),
        brier=metrics.brier(truth, judged.probabilities),
        abstained=1 - accepted.share,
        accepted_accuracy=accepted.accuracy,
    )


def _recall_card(one: metrics.ClassScore) -> RecallCard:
    return RecallCard(
        recall=round(one.recall, 4),
        recall_ci95=_round(clopper_pearson(round(one.recall * one.support), one.support)),
        precision=round(one.precision, 4),
        support=one.support,
    )


def _round(limits: Interval) -> Interval:
    return round(limits[0], 4), round(limits[1], 4)

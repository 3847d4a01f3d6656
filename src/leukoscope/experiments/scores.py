"""The figures of an evaluation as a card tells them."""

from __future__ import annotations

from leukoscope.bundles.card import MetricsCard, RecallCard
from leukoscope.evaluation.class_evaluation import ClassEvaluation
from leukoscope.evaluation.classification import Evaluation
from leukoscope.evaluation.estimates import Estimate


def card_figures(evaluation: Evaluation, how_held_out: str) -> MetricsCard:
    """The figures of an evaluation as a card tells them, rounded to four places.

    Where too few samples allow no limits, the card says the widest there are: 0 to 1. A class that no picture has is
    left out, and so is the calibration error where nothing was answered; precision of a class that was never said is
    0, as the card has no word for what does not exist.
    """
    names = ("accuracy", "balanced_accuracy", "macro_f1")
    figures, ece = {name: evaluation.figures[name] or Estimate(0.0) for name in names}, evaluation.value("ece")
    return MetricsCard(
        how_held_out=how_held_out,
        n=evaluation.n,
        accuracy=round(figures["accuracy"].value, 4),
        accuracy_ci95=_limits(figures["accuracy"]),
        balanced_accuracy=round(figures["balanced_accuracy"].value, 4),
        balanced_accuracy_ci95=_limits(figures["balanced_accuracy"]),
        macro_f1=round(figures["macro_f1"].value, 4),
        macro_f1_ci95=_limits(figures["macro_f1"]),
        ece=None if ece is None else round(ece, 4),
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

"""How well is one class told from all others?  Proportions, areas, operating points, predictive values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.evaluation.agreement import screening
from leukoscope.evaluation.counted import place_of
from leukoscope.evaluation.estimates import Drawn, Estimate, exact_estimate
from leukoscope.evaluation.predictions import Predictions
from leukoscope.evaluation.ranking import OperatingPoint, at_sensitivity, at_specificity
from leukoscope.evaluation.thresholds import ThresholdScore, best_threshold, threshold_scores

ASKED = (0.90, 0.95, 0.99)
"""Specificities at which sensitivity is told, and the other way round."""
PREVALENCES = (0.01, 0.05, 0.2, 0.5)
"""How frequent a class is where predictive values are told for."""


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """The best operating point that reaches what was asked of sensitivity or specificity.

    It lies on the curve of the very pictures it is told of, so it says what the scores allow, not what a threshold
    chosen beforehand would give.
    """

    asked: float
    found: OperatingPoint


@dataclass(frozen=True, slots=True)
class PredictiveValues:
    """What a call is worth where the class has this prevalence; None where nothing allows it."""

    prevalence: float
    positive: float | None
    negative: float | None


@dataclass(frozen=True, slots=True)
class ClassEvaluation:
    """One class against all others.

    Limits of precision, recall, specificity and negative predictive value are exact over pictures; those `by_unit`
    and of the other figures are bootstrapped over patients or groups. A proportion of nothing is None.

    Attributes:
        name: The class.
        support: Pictures that have it.
        said: Pictures that were called it.
        precision: Share of the pictures called it that have it; positive predictive value at the set's own prevalence.
        recall: Share of its pictures that were called it: sensitivity.
        specificity: Share of the other pictures that were not called it.
        negative_predictive_value: Share of the pictures not called it that do not have it.
        f1: Harmonic mean of precision and recall; None where the class neither occurs nor was said.
        recall_by_unit: Recall with limits over units.
        precision_by_unit: Precision with limits over units.
        specificity_by_unit: Specificity with limits over units.
        auroc: Area under the ROC curve; None where all pictures have the class, or none.
        auprc: Average precision; None likewise.
        at_specificity: Sensitivity at fixed specificities.
        at_sensitivity: Specificity at fixed sensitivities.
        predictive: Predictive values at stated prevalences.
        thresholds: What each threshold from 0.1 to 0.9 gives; a picture of which nothing was said reaches none.
        best_on_validation: The threshold with the best F1 on validation, with what it gave there; None without such.
        at_best: What that threshold gives here.
    """

    name: str
    support: int
    said: int
    precision: Estimate | None
    recall: Estimate | None
    specificity: Estimate | None
    negative_predictive_value: Estimate | None
    f1: Estimate | None
    recall_by_unit: Estimate | None
    precision_by_unit: Estimate | None
    specificity_by_unit: Estimate | None
    auroc: Estimate | None
    auprc: Estimate | None
    at_specificity: tuple[FixedPoint, ...]
    at_sensitivity: tuple[FixedPoint, ...]
    predictive: tuple[PredictiveValues, ...]
    thresholds: tuple[ThresholdScore, ...]
    best_on_validation: ThresholdScore | None
    at_best: ThresholdScore | None


def evaluate_class(
    predictions: Predictions,
    number: int,
    counts: NDArray[np.int64],
    drawn: Drawn,
    units: int,
    validation: Predictions | None,
) -> ClassEvaluation:
    """Evaluate one class against all others.

    Args:
        predictions: Of all pictures.
        number: The class.
        counts: Confusion matrix of all pictures; its last column counts those given no class.
        drawn: Figures of drawn samples.
        units: Patients or groups of this class.
        validation: Predictions that thresholds are chosen on.
    """
    positive, answered = predictions.targets == number, predictions.answered
    ranked, score = positive[answered], predictions.probabilities[answered, number]
    hits, support, said = int(counts[number, number]), int(counts[number].sum()), int(counts[:, number].sum())
    n = int(counts.sum())
    silent_right = n - support - said + hits
    both = bool(ranked.any() and not ranked.all())

    def by_unit(figure: str, of: int) -> Estimate | None:
        return drawn.estimate(place_of(figure, number), method="bootstrap", cases=units) if of else None

    best = None if validation is None else _best(validation, number)
    return ClassEvaluation(
        name=predictions.classes[number],
        support=support,
        said=said,
        precision=exact_estimate(hits, said),
        recall=exact_estimate(hits, support),
        specificity=exact_estimate(silent_right, n - support),
        negative_predictive_value=exact_estimate(silent_right, n - said),
        f1=by_unit("f1", support + said),
        recall_by_unit=by_unit("recall", support),
        precision_by_unit=by_unit("precision", said),
        specificity_by_unit=by_unit("specificity", n - support),
        auroc=drawn.estimate(place_of("auroc", number), cases=units),
        auprc=drawn.estimate(place_of("auprc", number), cases=units),
        at_specificity=tuple(FixedPoint(one, at_specificity(ranked, score, one)) for one in ASKED) if both else (),
        at_sensitivity=tuple(FixedPoint(one, at_sensitivity(ranked, score, one)) for one in ASKED) if both else (),
        predictive=tuple(_predictive(counts, number, one) for one in PREVALENCES),
        thresholds=threshold_scores(positive, _called(predictions, number)),
        best_on_validation=best,
        at_best=None
        if best is None
        else threshold_scores(positive, _called(predictions, number), (best.threshold,))[0],
    )


def _best(validation: Predictions, number: int) -> ThresholdScore | None:
    positive = validation.targets == number
    if not positive.any():
        return None
    return best_threshold(threshold_scores(positive, _called(validation, number)))


def _called(predictions: Predictions, number: int) -> NDArray[np.float64]:
    """Score of a class, below every threshold where nothing was said: such a picture is never called it."""
    return np.where(predictions.answered, predictions.probabilities[:, number], -1.0)


def _predictive(counts: NDArray[np.int64], number: int, prevalence: float) -> PredictiveValues:
    found = screening(counts, number, prevalence=prevalence)
    return PredictiveValues(prevalence, found.positive_predictive_value, found.negative_predictive_value)

"""The figures of an evaluation, from its predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import ImageQuality
from leukoscope.evaluation.abstention import risk_coverage
from leukoscope.evaluation.calibration import calibration_bins
from leukoscope.evaluation.class_evaluation import ClassEvaluation
from leukoscope.evaluation.classification import Evaluation
from leukoscope.evaluation.predictions import Predictions
from leukoscope.evaluation.ranking import precision_recall_curve, roc_curve
from leukoscope.evaluation.strata import Stratum, by_name, by_third
from leukoscope.reporting.evaluation_report.content import EvaluationPage, TrainingTold
from leukoscope.reporting.evaluation_report.evaluation_words import with_limits
from leukoscope.reporting.figures.confusion import draw_confusion
from leukoscope.reporting.figures.curves import draw_training_curves
from leukoscope.reporting.figures.operating import ClassCurves, draw_precision_recall, draw_roc, draw_thresholds
from leukoscope.reporting.figures.strata import MOST_ROWS, draw_strata
from leukoscope.reporting.figures.style import Picture, picture_of
from leukoscope.reporting.figures.trust import draw_calibration, draw_risk_coverage

MOST_CURVES = 10
"""Classes with a curve of their own, the largest first; beyond, lines cannot be told apart."""
_FEWEST = 30
"""Pictures from which thirds by quality are told."""


def confusion_picture(evaluation: Evaluation) -> Picture:
    """The confusion matrix."""
    drawn = draw_confusion(evaluation.classes, evaluation.confusion, evaluation.given_none)
    return picture_of(drawn, "Confusion matrix, counts and rates")


def ranking_pictures(predictions: Predictions, evaluation: Evaluation) -> list[Picture]:
    """ROC and precision-recall curves; none where only one class occurs."""
    said = predictions.select(predictions.answered) if predictions.answered.any() else None
    curves = [
        _curves(said, place, one)
        for place, one in enumerate(evaluation.per_class)
        if said is not None and one.auroc is not None and _is_shown(one, evaluation)
    ]
    if not curves:
        return []
    n = int(predictions.answered.sum())
    return [
        picture_of(draw_roc(curves, n), "ROC curves, " + _told(curves, "auroc")),
        picture_of(draw_precision_recall(curves, n), "Precision-recall curves, " + _told(curves, "auprc")),
    ]


def threshold_picture(evaluation: Evaluation) -> Picture:
    """F1 over thresholds."""
    shown = [one for one in evaluation.per_class if _is_shown(one, evaluation)]
    chosen = [None if one.best_on_validation is None else one.best_on_validation.threshold for one in shown]
    figure = draw_thresholds([(one.name, one.thresholds) for one in shown], chosen, evaluation.n)
    return picture_of(figure, "F1 over thresholds from 0.1 to 0.9, class by class")


def trust_pictures(page: EvaluationPage) -> list[Picture]:
    """Calibration, and risk against coverage."""
    predictions, evaluation = page.predictions, page.evaluation
    confidence, correct, said = predictions.confidence, predictions.correct, predictions.answered
    curve, chosen = risk_coverage(confidence, correct), page.settings.uncertain_below or None
    pictures = []
    if said.any():
        bins, error = calibration_bins(confidence[said], correct[said]), with_limits(evaluation.figures["ece"])
        pictures.append(picture_of(draw_calibration(bins, confidence[said], error), "Calibration"))
    drawn = draw_risk_coverage(curve, len(predictions), chosen)
    told = f"Risk against coverage, from {curve.risk[0]:.3f} to {curve.risk[-1]:.3f}"
    return [*pictures, picture_of(drawn, told)]


def strata_pictures(page: EvaluationPage) -> Iterator[tuple[str, Picture, str]]:
    """For each way to divide the pictures its name, a figure and a remark; only where there are at least two parts."""
    predictions, overall = page.predictions, page.evaluation.value("accuracy") or 0.0
    ways: list[tuple[str, str, tuple[Stratum, ...]]] = [
        ("source", "Source", by_name(predictions, predictions.sources)),
        ("patient", "Patient", by_name(predictions, predictions.patients)),
        ("group", "Group", () if predictions.patients else by_name(predictions, predictions.groups)),
        ("slide", "Slide", by_name(predictions, predictions.slides)),
        *_by_quality(predictions, page.quality),
    ]
    for name, of, strata in ways:
        if len(strata) > 1:
            yield name, picture_of(draw_strata(strata, overall, of=of), f"Accuracy by {name}"), _remark(strata)


def training_picture(training: TrainingTold) -> Picture:
    """Loss and accuracy over the epochs."""
    figure = draw_training_curves(
        training.curves,
        train_pictures=training.learned,
        validation_pictures=training.watched,
        best_epoch=training.kept,
        title=training.recipe,
    )
    return picture_of(figure, "Loss and accuracy over the epochs of training")


def _curves(predictions: Predictions, place: int, one: ClassEvaluation) -> ClassCurves:
    positive, score = predictions.targets == place, predictions.probabilities[:, place]
    return ClassCurves(
        one.name,
        int(positive.sum()),
        roc_curve(positive, score),
        precision_recall_curve(positive, score),
        with_limits(one.auroc),
        with_limits(one.auprc),
    )


def _is_shown(one: ClassEvaluation, evaluation: Evaluation) -> bool:
    """Of two classes the one looked for alone, whose curves say all; of many the ten largest."""
    if evaluation.positive:
        return one.name == evaluation.positive
    supports = sorted((other.support for other in evaluation.per_class), reverse=True)
    return one.support >= supports[min(MOST_CURVES, len(supports)) - 1]


def _told(curves: Sequence[ClassCurves], area: str) -> str:
    return "; ".join(f"{one.name} {getattr(one, area)}" for one in curves)


def _by_quality(
    predictions: Predictions, quality: Sequence[ImageQuality]
) -> list[tuple[str, str, tuple[Stratum, ...]]]:
    if len(quality) != len(predictions) or len(quality) < _FEWEST:
        return []
    warned = ["warned of" if one.warnings else "no warning" for one in quality]

    def thirds(values: NDArray[np.float64], what: str) -> tuple[Stratum, ...]:
        return by_third(predictions, values, what)

    return [
        ("image quality", "Check", by_name(predictions, warned)),
        ("focus", "Thirds", thirds(np.array([one.focus for one in quality]), "focus")),
        ("background", "Thirds", thirds(np.array([one.background for one in quality]), "background")),
        ("stained share", "Thirds", thirds(np.array([one.stained for one in quality]), "stained")),
    ]


def _remark(strata: Sequence[Stratum]) -> str:
    worst = min(strata, key=lambda one: (one.accuracy, -one.n))
    shown = f" The {MOST_ROWS} with the lowest accuracy of {len(strata)} are shown." if len(strata) > MOST_ROWS else ""
    one_class = " Rows that hold a single class show its recall." if any(one.classes == 1 for one in strata) else ""
    return (
        f"Lowest: {worst.name}, {worst.right} of {worst.n} right ({worst.ci95[0]:.3f} to {worst.ci95[1]:.3f})."
        f"{shown}{one_class}"
    )

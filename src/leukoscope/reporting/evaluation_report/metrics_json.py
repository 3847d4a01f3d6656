"""The content of `metrics.json`: every figure of an evaluation under a name that stays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict

from leukoscope.evaluation.class_evaluation import ClassEvaluation, FixedPoint
from leukoscope.evaluation.classification import Evaluation, EvaluationSettings
from leukoscope.evaluation.counted import FIGURES
from leukoscope.evaluation.estimates import Estimate
from leukoscope.evaluation.thresholds import ThresholdScore
from leukoscope.reporting.evaluation_report.evaluation_words import figure_title

Json = Mapping[str, object]
_OF_UNITS = ("balanced_accuracy", "macro_f1", "auroc", "brier", "log_loss")


def metrics_document(evaluation: Evaluation, settings: EvaluationSettings) -> dict[str, object]:
    """Everything an evaluation found, for `json.dump`; what does not exist is null, never left out.

    `<figure>_ci95` are the 95 % limits of a figure, `interval_methods` says how they were found. Limits of `accuracy`,
    and of precision, recall and specificity of a class, are exact over pictures; those `_by_group` are bootstrapped
    over patients or groups, as are those of all other figures. Pictures of which nothing was said are counted in
    `given_no_class` and `abstained`, and in no column of `confusion`. `meanings` tells what may be read in two ways.
    """
    figures: dict[str, object] = {}
    for name in FIGURES:
        figures |= _with_limits(name, evaluation.figures[name])
    return {
        "task": "classification",
        "classes": list(evaluation.classes),
        "n": evaluation.n,
        **figures,
        "ece_if_calibrated": None if (chance := evaluation.ece_if_calibrated) is None else asdict(chance),
        "accuracy_by_group_ci95": _limits(evaluation.accuracy_by_unit),
        "per_class": {one.name: _class(one) for one in evaluation.per_class},
        "confusion": [list(row) for row in evaluation.confusion],
        "given_no_class": dict(zip(evaluation.classes, evaluation.given_none, strict=True)),
        **_with_limits("abstained", evaluation.abstained),
        **_with_limits("accepted_accuracy", evaluation.accepted_accuracy),
        "uncertain_below": settings.uncertain_below,
        "positive": evaluation.positive or None,
        "meanings": {name: figure_title(name, evaluation) for name in ("auroc", "auprc", "brier", "ece")},
        "interval_methods": {name: one.method for name in FIGURES if (one := evaluation.figures[name])},
        "resampling": {
            "unit": evaluation.unit,
            "units": evaluation.units,
            "units_unnamed": evaluation.units_unnamed,
            "rounds": evaluation.rounds,
            "seed": settings.seed,
        },
        "by_patient": _of_units(evaluation.by_patient),
        "by_slide": _of_units(evaluation.by_slide),
        "notes": list(evaluation.notes),
        "warnings": list(evaluation.warnings),
    }


def _class(one: ClassEvaluation) -> Json:
    return {
        **_with_limits("precision", one.precision),
        **_with_limits("recall", one.recall),
        **_with_limits("f1", one.f1),
        "support": one.support,
        "said": one.said,
        **_with_limits("specificity", one.specificity),
        **_with_limits("negative_predictive_value", one.negative_predictive_value),
        "precision_by_group_ci95": _limits(one.precision_by_unit),
        "recall_by_group_ci95": _limits(one.recall_by_unit),
        "specificity_by_group_ci95": _limits(one.specificity_by_unit),
        **_with_limits("auroc", one.auroc),
        **_with_limits("auprc", one.auprc),
        "at_specificity": [_point(point) for point in one.at_specificity],
        "at_sensitivity": [_point(point) for point in one.at_sensitivity],
        "predictive_values": [
            {"prevalence": at.prevalence, "positive": at.positive, "negative": at.negative} for at in one.predictive
        ],
        "thresholds": [_threshold(at) for at in one.thresholds],
        "best_threshold_on_validation": None if one.best_on_validation is None else _threshold(one.best_on_validation),
        "at_best_threshold": None if one.at_best is None else _threshold(one.at_best),
    }


def _point(point: FixedPoint) -> Json:
    found = point.found
    threshold = found.threshold if math.isfinite(found.threshold) else None  # infinite: nothing may be called
    return {"asked": point.asked, "threshold": threshold, "sensitivity": found.sensitivity,
            "specificity": found.specificity}  # fmt: skip


def _threshold(at: ThresholdScore) -> Json:
    return {"threshold": at.threshold, "precision": at.precision, "recall": at.recall, "specificity": at.specificity,
            "f1": at.f1}  # fmt: skip


def _of_units(evaluation: Evaluation | None) -> Json | None:
    if evaluation is None:
        return None
    figures: dict[str, object] = {}
    for name in ("accuracy", *_OF_UNITS):
        figures |= _with_limits(name, evaluation.figures[name])
    return {
        "n": evaluation.n,
        **figures,
        "per_class": {
            one.name: {**_with_limits("precision", one.precision), **_with_limits("recall", one.recall),
                       **_with_limits("f1", one.f1), "support": one.support}
            for one in evaluation.per_class
        },
        "confusion": [list(row) for row in evaluation.confusion],
        "given_no_class": dict(zip(evaluation.classes, evaluation.given_none, strict=True)),
        "notes": list(evaluation.notes),
    }  # fmt: skip


def _with_limits(name: str, estimate: Estimate | None) -> dict[str, object]:
    return {name: None if estimate is None else estimate.value, f"{name}_ci95": _limits(estimate)}


def _limits(estimate: Estimate | None) -> list[float] | None:
    return None if estimate is None or estimate.ci95 is None else list(estimate.ci95)

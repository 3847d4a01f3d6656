"""How figures of an evaluation are worded: rows of tables, limits, what a reader must know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from leukoscope.evaluation.classification import PLURALS, Evaluation
from leukoscope.evaluation.estimates import Estimate, Method
from leukoscope.evaluation.predictions import Unit
from leukoscope.reporting.wording import plural, share

TITLES: Mapping[str, str] = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "weighted_f1": "Weighted F1",
    "macro_precision": "Macro precision",
    "macro_recall": "Macro recall",
    "weighted_precision": "Weighted precision",
    "weighted_recall": "Weighted recall",
    "matthews": "Matthews correlation",
    "kappa": "Cohen's kappa",
    "kappa_quadratic": "Quadratic kappa (for ordered classes)",
    "auroc": "AUROC, mean of classes",
    "auprc": "AUPRC, mean of classes",
    "log_loss": "Log loss",
    "brier": "Brier score (0 to 2)",
    "ece": "Calibration error, bins of equal width",
    "ece_equal_mass": "Calibration error, bins of equal size",
}
_HOW: Mapping[Method, str] = {
    "": "too few for limits",
    "exact": "exact, over pictures",
    "exact-units": "exact, each {unit} one case",
    "bootstrap": "bootstrap over {units}",
    "bootstrap-bca": "bootstrap (BCa) over {units}",
    "bootstrap-gap": "bootstrap over {units}, chance taken off",
}


class Resampled(Protocol):
    """Anything whose limits were found by drawing patients, groups or pictures again."""

    @property
    def unit(self) -> Unit:
        """What was drawn."""

    @property
    def units(self) -> int:
        """How many there are."""

    @property
    def units_unnamed(self) -> int:
        """How many of them hold no picture of a known patient or group."""


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure: over pictures, and over patients and slides where there are any."""

    title: str
    value: str
    limits: str
    how: str
    by_patient: str
    by_slide: str


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class against all others."""

    name: str
    support: int
    said: int
    recall: str
    recall_limits: str
    recall_by_unit: str
    precision: str
    precision_limits: str
    specificity: str
    specificity_limits: str
    f1: str
    f1_limits: str
    auroc: str
    auprc: str


@dataclass(frozen=True, slots=True)
class PointRow:
    """Operating points of one class: what its scores allow at fixed shares, and what a call is worth."""

    name: str
    at_specificity: tuple[str, ...]
    at_sensitivity: tuple[str, ...]
    predictive: tuple[str, ...]
    best: str


def figure_title(name: str, evaluation: Evaluation) -> str:
    """What a figure is called here: of two classes, AUPRC is that of the class looked for where there is one."""
    of_one = name == "auprc" and evaluation.positive and len(evaluation.classes) == 2
    return f"AUPRC of {evaluation.positive}" if of_one else TITLES[name]


def figure_rows(evaluation: Evaluation) -> list[FigureRow]:
    """The headline table."""
    rows = [_figure_row(evaluation, "accuracy")]
    if evaluation.unit != "picture":
        one, units = evaluation.accuracy_by_unit, PLURALS[evaluation.unit]
        rows.append(FigureRow(f"Accuracy, limits over {units}", share(one.value), limits(one), _how(one, evaluation),
                              "", ""))  # fmt: skip
    rows += [_figure_row(evaluation, name) for name in TITLES if name != "accuracy" and evaluation.figures[name]]
    return rows


def class_rows(evaluation: Evaluation) -> list[ClassRow]:
    """The table of classes; limits are exact over pictures but those of F1."""
    return [
        ClassRow(
            one.name,
            one.support,
            one.said,
            value_text(one.recall),
            limits(one.recall),
            limits(one.recall_by_unit),
            value_text(one.precision),
            limits(one.precision),
            value_text(one.specificity),
            limits(one.specificity),
            value_text(one.f1),
            limits(one.f1),
            with_limits(one.auroc),
            with_limits(one.auprc),
        )
        for one in evaluation.per_class
    ]


def point_rows(evaluation: Evaluation) -> list[PointRow]:
    """The table of operating points; empty where no class has both kinds of pictures."""
    return [
        PointRow(
            one.name,
            tuple(share(point.found.sensitivity) for point in one.at_specificity),
            tuple(share(point.found.specificity) for point in one.at_sensitivity),
            tuple(f"{_share(at.positive)} / {_share(at.negative)}" for at in one.predictive),
            ""
            if one.best_on_validation is None or one.at_best is None
            else f"{one.best_on_validation.threshold:g}: F1 {share(one.at_best.f1)} here, "
            f"{share(one.best_on_validation.f1)} on validation",
        )
        for one in evaluation.per_class
        if one.at_specificity
    ]


def units_text(drawn: Resampled) -> str:
    """What was drawn again for limits, such as `12 patients`, or `2 patients and 5 units of no known patient`."""
    unnamed, unit, known = drawn.units_unnamed, drawn.unit, drawn.units - drawn.units_unnamed
    told = f"{known:,} {unit if known == 1 else PLURALS[unit]}"
    return f"{told} and {plural(unnamed, 'unit')} of no known {unit}" if unnamed else told


def accuracy_text(evaluation: Evaluation) -> str:
    """The accuracy with its limits over pictures, and over patients or groups where these are known."""
    exact = evaluation.figures["accuracy"]
    told = f"{value_text(exact)} on {evaluation.n} pictures; 95 % limits {limits(exact)} over pictures"
    if evaluation.unit == "picture":
        return told
    again = evaluation.accuracy_by_unit
    found = "none" if again.ci95 is None else limits(again)
    return f"{told}, {found} over {units_text(evaluation)}"


def chance_text(evaluation: Evaluation) -> str:
    """What calibration error chance alone would give; empty where it was not drawn."""
    chance, found = evaluation.ece_if_calibrated, evaluation.value("ece")
    if chance is None or found is None:
        return ""
    within = "these pictures cannot tell it from one" if found <= chance.upper else "it shows more"
    return (
        f"Calibration error {share(found)}: by chance alone a perfectly calibrated model with these scores would show "
        f"{share(chance.mean)} on average and up to {share(chance.upper)} in 95 of 100 samples of independent "
        f"pictures; {within}."
    )


def value_text(estimate: Estimate | None) -> str:
    """A figure alone; a dash where it does not exist.

    Example:
        >>> value_text(Estimate(0.5)), value_text(None)
        ('0.500', '-')
    """
    return "-" if estimate is None else share(estimate.value)


def limits(estimate: Estimate | None) -> str:
    """Limits as text; a dash where there are none.

    Example:
        >>> limits(Estimate(0.5, (0.25, 0.75))), limits(Estimate(0.5))
        ('0.250 to 0.750', '-')
    """
    return "-" if estimate is None or estimate.ci95 is None else " to ".join(_plain(one) for one in estimate.ci95)


def with_limits(estimate: Estimate | None) -> str:
    """A figure with its limits.

    Example:
        >>> with_limits(Estimate(0.5, (0.25, 0.75))), with_limits(None)
        ('0.500 (0.250 to 0.750)', 'none')
    """
    if estimate is None:
        return "none"
    return share(estimate.value) if estimate.ci95 is None else f"{share(estimate.value)} ({limits(estimate)})"


def _figure_row(evaluation: Evaluation, name: str) -> FigureRow:
    one = evaluation.figures[name] or Estimate(0.0)
    return FigureRow(
        figure_title(name, evaluation),
        share(one.value),
        limits(one),
        _how(one, evaluation),
        "" if evaluation.by_patient is None else with_limits(evaluation.by_patient.figures[name]),
        "" if evaluation.by_slide is None else with_limits(evaluation.by_slide.figures[name]),
    )


def _how(one: Estimate, evaluation: Evaluation) -> str:
    return _HOW[one.method].format(units=PLURALS[evaluation.unit], unit=evaluation.unit)


def _plain(value: float) -> str:
    """A limit; correlations may be negative, but nothing is minus zero."""
    return share(value if abs(value) >= 0.0005 else 0.0)


def _share(value: float | None) -> str:
    return "-" if value is None else share(value)

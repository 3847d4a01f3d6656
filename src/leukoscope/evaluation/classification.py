"""How good is a classifier on labeled pictures, and how sure is that?  All figures from predictions alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.calibration import ChanceGap, gap_if_calibrated
from leukoscope.evaluation.class_evaluation import ClassEvaluation, evaluate_class
from leukoscope.evaluation.counted import FIGURES, RANKS, count_figures, place_of
from leukoscope.evaluation.estimates import (
    ENOUGH_UNITS,
    Drawn,
    Estimate,
    Method,
    draw_figures,
    exact_estimate,
)
from leukoscope.evaluation.intervals import clopper_pearson
from leukoscope.evaluation.matrix_figures import HEADLINE
from leukoscope.evaluation.predictions import Predictions, Unit, joined_units
from leukoscope.evaluation.resampling import Groups, make_groups
from leukoscope.evaluation.suspicions import find_suspicions

PLURALS: Mapping[Unit, str] = {"patient": "patients", "group": "groups", "picture": "pictures"}


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """How predictions are evaluated.

    Attributes:
        rounds: How often patients, groups or pictures are drawn again for limits; with 0 only exact limits are given.
        seed: Seed of the draw.
        uncertain_below: Pictures whose best probability is below this count as left open.
        positive: The class looked for, of two; empty for none in particular.
        bins: Confidence bins of the calibration errors.
    """

    rounds: int = 2000
    seed: int = 0
    uncertain_below: float = 0.0
    positive: str = ""
    bins: int = 15


USUAL = EvaluationSettings()
_CHANCE_ROUNDS = 1000
"""Enough for a mean and an upper twentieth."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What predictions are worth.

    Attributes:
        classes: Names of the classes.
        n: Pictures.
        unit: What was drawn again for bootstrap limits.
        units: How many of these there are.
        units_unnamed: How many of these hold no picture of a known patient, or group where groups are drawn.
        rounds: How often they were drawn.
        figures: For each name of `counted.FIGURES` its estimate, None where the classes that occur do not allow it;
            limits of `accuracy` are exact over pictures, all others are bootstrapped. Of two classes `auprc` is that
            of the class looked for, where there is one; else the mean over the classes.
        accuracy_by_unit: The accuracy with limits over patients or groups.
        ece_if_calibrated: The calibration error by chance alone; None where nothing was said, or drawn.
        per_class: One entry a class, in their order.
        confusion: Counts, the truth as rows.
        given_none: Pictures of each class that were given no class, because nothing was said of them or classes share
            the highest probability; they are not right, and in no column of `confusion`.
        abstained: Share of pictures left open; of which nothing was said among them.
        accepted_accuracy: Accuracy of the others; None where all are left open.
        positive: The class looked for; empty for none in particular.
        by_patient: The same with one prediction per patient, the mean of those of its pictures; None where patients
            are unknown or have pictures of several classes.
        by_slide: The same per slide.
        notes: What limits the limits, such as too few patients; sentences.
        warnings: What looks wrong with the predictions; sentences.
    """

    classes: tuple[str, ...]
    n: int
    unit: Unit
    units: int
    units_unnamed: int
    rounds: int
    figures: Mapping[str, Estimate | None]
    accuracy_by_unit: Estimate
    ece_if_calibrated: ChanceGap | None
    per_class: tuple[ClassEvaluation, ...]
    confusion: tuple[tuple[int, ...], ...]
    given_none: tuple[int, ...]
    abstained: Estimate
    accepted_accuracy: Estimate | None
    positive: str
    by_patient: Evaluation | None
    by_slide: Evaluation | None
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    def value(self, figure: str) -> float | None:
        """The bare value of one of `figures`."""
        found = self.figures[figure]
        return None if found is None else found.value


def evaluate_predictions(
    predictions: Predictions,
    settings: EvaluationSettings = USUAL,
    *,
    validation: Predictions | None = None,
) -> Evaluation:
    """Evaluate predictions.

    Patients where known, else groups, else pictures are drawn again: within their class for recall, specificity,
    balanced accuracy and AUROC, where each is of a single class, and from all at once for every other figure.

    Args:
        predictions: What is evaluated.
        settings: How.
        validation: Predictions of the same model on its validation part: the best threshold of each class is chosen on
            these, never on what is evaluated.

    Raises:
        InvalidValueError: The class looked for is not among the classes, or validation has other classes.

    Example:
        >>> rows = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]])
        >>> asked = Predictions(("normal", "blast"), np.array([0, 1, 0]), rows, ("1.png", "2.png", "3.png"))
        >>> found = evaluate_predictions(asked, EvaluationSettings(rounds=100))
        >>> round(found.value("accuracy"), 3), found.unit
        (0.667, 'picture')
    """
    if settings.positive and settings.positive not in predictions.classes:
        raise InvalidValueError(
            f"{settings.positive!r} is not among the classes {', '.join(predictions.classes)}.",
            hint="Name one of them as the class looked for.",
        )
    if validation is not None:
        validation = validation.in_order_of(predictions.classes)
    groups = groups_of(predictions)
    counted = count_figures(predictions, groups.member, groups.count, bins=settings.bins)
    units = _units_of_classes(predictions, groups)
    rounds = settings.rounds if min(units.values()) > 1 else 0
    drawn = draw_figures(counted, groups, np.random.default_rng(settings.seed), rounds)
    counts = predictions.counts
    right, n = int(np.trace(counts)), len(predictions)
    accepted = predictions.answered & (predictions.confidence >= settings.uncertain_below)
    figures = _figures(drawn, min(units.values()))
    per_class = tuple(
        evaluate_class(predictions, number, counts, drawn, units.get(number, 0), validation)
        for number in range(len(counts))
    )
    if settings.positive and len(per_class) == 2:
        figures["auprc"] = per_class[predictions.classes.index(settings.positive)].auprc
    return Evaluation(
        classes=predictions.classes,
        n=n,
        unit=predictions.unit,
        units=groups.count,
        units_unnamed=unnamed_units(predictions, groups),
        rounds=len(drawn.rounds),
        figures=figures | {"accuracy": Estimate(right / n, clopper_pearson(right, n), "exact")},
        accuracy_by_unit=figures["accuracy"] or Estimate(right / n),
        ece_if_calibrated=_gap_by_chance(predictions, settings),
        per_class=per_class,
        confusion=tuple(tuple(int(one) for one in row) for row in counts[:, :-1]),
        given_none=tuple(int(one) for one in counts[:, -1]),
        abstained=exact_estimate(int((~accepted).sum()), n) or Estimate(0.0),
        accepted_accuracy=exact_estimate(int(predictions.correct[accepted].sum()), int(accepted.sum())),
        positive=settings.positive,
        by_patient=_of_each(predictions, predictions.patients, settings),
        by_slide=_of_each(predictions, predictions.slides, settings),
        notes=tuple(_notes(predictions, groups, settings)),
        warnings=find_suspicions(predictions),
    )


def groups_of(predictions: Predictions) -> Groups:
    """What is drawn again for the limits of these predictions: units, with their class where each is of one."""
    return make_groups(predictions.units, predictions.targets.tolist())


def unnamed_units(predictions: Predictions, groups: Groups) -> int:
    """How many units hold no picture of a known patient, or group where groups are drawn."""
    return len(set(groups.member[predictions.unnamed].tolist()))


def aggregate(predictions: Predictions, names: tuple[str, ...]) -> Predictions | None:
    """One prediction per patient or slide: the mean of the probabilities of its pictures that have any.

    Patients or slides whose pictures must be drawn together stay together: they are the groups of what is returned.

    Args:
        predictions: Of pictures.
        names: Patient or slide of each; pictures without one are left out.

    Returns:
        None where no name is known, a name has pictures of several classes, or fewer than two names remain.
    """
    known = np.array([bool(name) for name in names], dtype=bool)
    if not known.any():
        return None
    told, first, member = np.unique(np.array(names, dtype=object)[known], return_index=True, return_inverse=True)
    truth, rows = predictions.targets[known], predictions.probabilities[known]
    if len(told) < 2 or (truth != truth[first][member]).any():
        return None
    said = predictions.answered[known]
    size = np.bincount(member[said], minlength=len(told))
    sums = [np.bincount(member[said], weights=column, minlength=len(told)) for column in rows[said].T]
    mean = np.stack([np.where(size > 0, one / np.maximum(size, 1), np.nan) for one in sums], axis=1)
    paths, units = tuple(str(one) for one in told), np.array(predictions.units, dtype=object)[known]
    joined = joined_units(tuple(str(one) for one in told[member]), tuple(str(one) for one in units))
    together = tuple(joined[place] for place in first.tolist())
    apart = len(set(together)) == len(paths)
    return Predictions(predictions.classes, truth[first], mean, paths, groups=() if apart else together)


def _figures(drawn: Drawn, fewest: int) -> dict[str, Estimate | None]:
    found: dict[str, Estimate | None] = {}
    for name in FIGURES:
        method: Method = "bootstrap" if name in HEADLINE else "bootstrap-bca"
        cases = fewest if name in HEADLINE or name in RANKS else 0
        found[name] = drawn.estimate(place_of(name), method=method, cases=cases)
    return found


def _gap_by_chance(predictions: Predictions, settings: EvaluationSettings) -> ChanceGap | None:
    said = predictions.answered
    return gap_if_calibrated(
        predictions.confidence[said],
        ~predictions.undecided[said],
        np.random.default_rng(settings.seed),
        min(settings.rounds, _CHANCE_ROUNDS),
        bins=settings.bins,
    )


def _of_each(predictions: Predictions, names: tuple[str, ...], settings: EvaluationSettings) -> Evaluation | None:
    one_each = aggregate(predictions, names) if names else None
    return None if one_each is None else evaluate_predictions(one_each, replace(settings, uncertain_below=0.0))


def _notes(predictions: Predictions, groups: Groups, settings: EvaluationSettings) -> Iterator[str]:
    plural, units = PLURALS[predictions.unit], _units_of_classes(predictions, groups)
    if not settings.rounds:
        yield "No samples were drawn, so only the exact limits of proportions are given."
    elif min(units.values()) < 2:
        yield f"A class comes from a single {predictions.unit}, so no limits over {plural} can be given."
    few = [f"{predictions.classes[number]} {count}" for number, count in sorted(units.items()) if count < ENOUGH_UNITS]
    if few:
        told = ", ".join(few)
        yield f"Few {plural} of a class ({told}): limits over {plural} lean on too few and are likely too narrow."
    if tied := int(predictions.tied.sum()):
        yield (
            f"Of {tied} of {len(predictions)} pictures several classes share the highest probability: they were given "
            "no class, stand in no column of the confusion matrix and count as not right. Give more decimals."
        )
    if unnamed := int(predictions.unnamed.sum()):
        apart = unnamed_units(predictions, groups)
        yield (
            f"{unnamed} of {len(predictions)} pictures have no known {predictions.unit}; they are drawn as {apart} "
            f"units of their own beside {groups.count - apart} {plural}, although some of them may belong together."
        )
    absent = [name for number, name in enumerate(predictions.classes) if not (predictions.targets == number).any()]
    if absent:
        yield f"No picture has the class {', '.join(absent)}; nothing is known of how well it is told."


def _units_of_classes(predictions: Predictions, groups: Groups) -> Counter[int]:
    """Units of each class that occurs; a unit of several classes counts to each of them."""
    return Counter(number for _, number in set(zip(groups.member.tolist(), predictions.targets.tolist(), strict=True)))

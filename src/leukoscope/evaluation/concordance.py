"""What did a new version of a model change?  Two models on one frozen cohort: agreement, and the cases to look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from leukoscope.evaluation.agreement import kappa
from leukoscope.evaluation.alignment import Contender, Joins, lay_side_by_side
from leukoscope.evaluation.classification import (
    Evaluation,
    EvaluationSettings,
    evaluate_predictions,
    groups_of,
    unnamed_units,
)
from leukoscope.evaluation.estimates import Estimate, can_be_drawn, exact_estimate
from leukoscope.evaluation.metrics import confusion
from leukoscope.evaluation.paired import mcnemar
from leukoscope.evaluation.predictions import Predictions, Unit
from leukoscope.evaluation.resampling import Groups, confusion_rounds, percentile_limits
from leukoscope.evaluation.standing import shown_estimate

Change = Literal["now wrong", "wrong otherwise", "now right"]
CHANGES: tuple[Change, ...] = get_args(Change)
"""The gravest first."""
NO_CLASS = "no class"
"""What a picture is called that was given none: nothing was said of it, or all classes were as probable."""
_DRIFTED = 20


@dataclass(frozen=True, slots=True)
class Case:
    """A picture on which two versions differ.

    Attributes:
        path: The picture.
        truth: Its class.
        before: What the first version says.
        after: What the second says.
        score_before: Probability of what the first says.
        score_after: Probability of what the second says.
        shift: Largest change of a probability, in [0, 1].
        change: What that means; empty where both name the same class.
    """

    path: str
    truth: str
    before: str
    after: str
    score_before: float
    score_after: float
    shift: float
    change: Change | Literal[""]


@dataclass(frozen=True, slots=True)
class Concordance:
    """Two versions on one cohort.

    Attributes:
        first: Name of the old version.
        second: Name of the new one.
        classes: Names of the classes; `NO_CLASS` follows where a picture was given none.
        n: Pictures.
        unit: What was drawn again.
        units: How many of these there are.
        units_unnamed: How many of them hold no picture of a known patient, or group where groups are drawn.
        agreement: Share of pictures that both name alike, with exact limits over pictures.
        kappa: Agreement beyond chance, with limits over patients or groups.
        accuracy: Share that each is right about.
        accuracy_by_unit: The same with limits: over patients or groups, exact where each picture stands alone.
        p: McNemar's p value that both are right equally often; it takes pictures as independent.
        table: How often the first says the row and the second the column.
        changed: Pictures named otherwise, the gravest first: right before and wrong now, by how sure the new version
            is; then wrong otherwise; then right now.
        drifted: Pictures named alike whose probabilities moved most.
        notes: What looks wrong with one of them, and what was joined or dropped to compare them.
        not_read: Pictures that could not be read.
        verdict: What the check of the data says; empty where it was not made.
    """

    first: str
    second: str
    classes: tuple[str, ...]
    n: int
    unit: Unit
    units: int
    units_unnamed: int
    agreement: Estimate
    kappa: Estimate
    accuracy: tuple[float, float]
    accuracy_by_unit: tuple[Estimate, Estimate]
    p: float
    table: tuple[tuple[int, ...], ...]
    changed: tuple[Case, ...]
    drifted: tuple[Case, ...]
    notes: tuple[str, ...]
    not_read: int = 0
    verdict: str = ""

    def count(self, change: Change) -> int:
        """How many pictures changed so."""
        return sum(case.change == change for case in self.changed)


def find_concordance(
    first: Contender, second: Contender, *, joins: Joins | None = None, rounds: int = 2000, seed: int = 0
) -> Concordance:
    """Lay two versions side by side.

    Args:
        first: The old version.
        second: The new one.
        joins: What fine classes are part of; see `alignment.lay_side_by_side`.
        rounds: How often patients, groups or pictures are drawn again for limits.
        seed: Seed of the draw.

    Raises:
        InvalidValueError: Their classes or pictures do not fit.

    Example:
        >>> truth = np.array([0, 1, 1])
        >>> old = Predictions(("a", "b"), truth, np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), ("1", "2", "3"))
        >>> new = Predictions(("a", "b"), truth, np.array([[0.3, 0.7], [0.2, 0.8], [0.3, 0.7]]), ("1", "2", "3"))
        >>> [(one.path, one.change) for one in find_concordance(Contender("1", old), Contender("2", new)).changed]
        [('1', 'now wrong'), ('3', 'now right')]
    """
    laid = lay_side_by_side([first, second], joins or {})
    old, new = (one.predictions for one in laid.contenders)
    groups, names = groups_of(old), _names(old, new)
    settings = EvaluationSettings(rounds=rounds, seed=seed)
    worth = [evaluate_predictions(one, settings) for one in (old, new)]
    warnings = [f"{name}: {one}" for name, found in zip((first.name, second.name), worth, strict=True)
                for one in found.warnings]  # fmt: skip
    table = confusion(old.predicted, new.predicted, len(names))
    same = int(np.trace(table))
    cases = list(_cases(old, new, names))
    changed = sorted((one for one in cases if one.change), key=_gravity)
    return Concordance(
        first=first.name,
        second=second.name,
        classes=names,
        n=len(old),
        unit=old.unit,
        units=groups.count,
        units_unnamed=unnamed_units(old, groups),
        agreement=exact_estimate(same, len(old)) or Estimate(0.0),
        kappa=_kappa(old, new, len(names), groups, np.random.default_rng(seed), rounds),
        accuracy=(float(old.correct.mean()), float(new.correct.mean())),
        accuracy_by_unit=(_accuracy(worth[0]), _accuracy(worth[1])),
        p=mcnemar(old.correct, new.correct),
        table=tuple(tuple(int(one) for one in row) for row in table),
        changed=tuple(changed),
        drifted=_most_drifted(cases),
        notes=(*warnings, *laid.notes),
    )


def _accuracy(worth: Evaluation) -> Estimate:
    return shown_estimate(worth, "accuracy") or worth.accuracy_by_unit


def _names(old: Predictions, new: Predictions) -> tuple[str, ...]:
    """The classes, and a last name for pictures that one of them gave none, where there are such."""
    return (*old.classes, NO_CLASS) if (old.undecided | new.undecided).any() else old.classes


def _cases(old: Predictions, new: Predictions, names: Sequence[str]) -> Iterable[Case]:
    both = old.answered & new.answered
    shift = np.where(both, np.abs(old.probabilities - new.probabilities).max(axis=1), 0.0)
    for place, path in enumerate(old.paths):
        truth, before, after = (int(one[place]) for one in (old.targets, old.predicted, new.predicted))
        yield Case(
            path,
            names[truth],
            names[before],
            names[after],
            float(old.confidence[place]),
            float(new.confidence[place]),
            float(shift[place]),
            _change(truth, before, after),
        )


def _change(truth: int, before: int, after: int) -> Change | Literal[""]:
    if before == after:
        return ""
    if before == truth:
        return "now wrong"
    return "now right" if after == truth else "wrong otherwise"


def _gravity(case: Case) -> tuple[int, float, str]:
    return CHANGES.index(case.change) if case.change else len(CHANGES), -case.score_after, case.path


def _most_drifted(cases: Iterable[Case]) -> tuple[Case, ...]:
    moved = sorted((one for one in cases if not one.change and one.shift > 0), key=lambda one: (-one.shift, one.path))
    return tuple(moved[:_DRIFTED])


def _kappa(
    old: Predictions, new: Predictions, names: int, groups: Groups, rng: np.random.Generator, rounds: int
) -> Estimate:
    value = kappa(confusion(old.predicted, new.predicted, names))
    if not can_be_drawn(groups):
        return Estimate(value)
    tables = confusion_rounds(old.predicted, new.predicted, names, groups, rng, rounds)
    limits = percentile_limits(np.array([kappa(one) for one in tables]))
    return Estimate(value, limits, "bootstrap" if limits else "")

"""Figures of a two-class cross-validation by cell and by patient, with limits over patients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.card import LabelCard
from leukoscope.evaluation.agreement import screening
from leukoscope.evaluation.estimates import can_be_drawn
from leukoscope.evaluation.matrix_figures import matrix_figures
from leukoscope.evaluation.metrics import confusion
from leukoscope.evaluation.predictions import Predictions
from leukoscope.evaluation.ranking import area_under_roc
from leukoscope.evaluation.resampling import Groups, figure_rounds, make_groups, percentile_limits

ROUNDS = 2000
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WithLimits:
    """A figure and its 95 % limits over patients; None where too few patients allow no limits."""

    value: float
    ci95: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class PooledScores:
    """What the runs of a cross-validation say together.

    Attributes:
        n: Cells.
        groups: Patients, or whatever is never divided.
        positive: Name of the class whose score is ranked; empty for more than two classes, which have no such figures.
        auroc: Over cells.
        sensitivity: Of the positive class at a score of one half, over cells.
        specificity: At the same threshold.
        weighted_f1: Over cells.
        by_group: Over patients; None where a patient has both classes.
        auroc_of_area: What the area of the cell alone would reach, over cells; None where cells are not cut out.
    """

    n: int
    groups: int
    positive: str
    auroc: WithLimits | None
    sensitivity: WithLimits | None
    specificity: WithLimits | None
    weighted_f1: WithLimits
    by_group: GroupScores | None
    auroc_of_area: WithLimits | None


@dataclass(frozen=True, slots=True)
class GroupScores:
    """Figures over patients, each with the mean score of its cells, called positive above one half."""

    auroc: WithLimits
    sensitivity: WithLimits
    specificity: WithLimits
    weighted_f1: WithLimits


def score_pooled(
    predictions: Predictions, labels: Sequence[LabelCard], rng: np.random.Generator, *, area: Floats | None = None
) -> PooledScores:
    """Pool the answers of several runs; patients are drawn again, within their class, for the limits.

    A picture of which nothing was said counts as not right, and AUROC leaves it out.

    Args:
        predictions: The answers with their groups, each of a run that had not seen the picture's group.
        labels: Classes in the order of their numbers.
        rng: Source of random numbers.
        area: What the area of each cell says for the positive class, see `data.probes.size.area_score`, shape (n,).
    """
    groups = make_groups(predictions.groups, predictions.targets.tolist())
    cells = _Drawn(predictions.targets, predictions.predicted, len(labels), groups, rng)
    weighted = cells.weighted_f1()
    if len(labels) != 2:
        return PooledScores(len(predictions), groups.count, "", None, None, None, weighted, None, None)
    positive = positive_class(labels)
    is_positive, chance = predictions.targets == positive, predictions.probabilities[:, positive]
    return PooledScores(
        n=len(predictions),
        groups=groups.count,
        positive=labels[positive].name,
        auroc=cells.auroc(is_positive, chance),
        sensitivity=cells.sensitivity(positive),
        specificity=cells.specificity(positive),
        weighted_f1=weighted,
        by_group=_by_group(is_positive, chance, groups, rng),
        auroc_of_area=None if area is None else cells.auroc(is_positive, area),
    )


def named_figures(pooled: PooledScores) -> Iterator[tuple[str, WithLimits]]:
    """The figures there are, each with what people call it."""
    figures = [
        (f"AUROC of {pooled.positive}", pooled.auroc),
        ("sensitivity", pooled.sensitivity),
        ("specificity", pooled.specificity),
        ("weighted F1", pooled.weighted_f1),
        ("AUROC of the cell's area alone", pooled.auroc_of_area),
    ]
    if pooled.by_group is not None:
        figures += [
            ("AUROC by patient group", pooled.by_group.auroc),
            ("sensitivity by patient group", pooled.by_group.sensitivity),
            ("specificity by patient group", pooled.by_group.specificity),
            ("weighted F1 by patient group", pooled.by_group.weighted_f1),
        ]
    yield from ((name, figure) for name, figure in figures if figure is not None)


def positive_class(labels: Sequence[LabelCard]) -> int:
    """Which of two classes is ranked: the blasts, else the first."""
    return next((place for place, label in enumerate(labels) if label.group == "blast"), 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """Cases, and how they are drawn again; a case that was given no class has the number behind the last one."""

    truth: NDArray[np.int64]
    predicted: NDArray[np.int64]
    classes: int
    groups: Groups
    rng: np.random.Generator

    def limits(self, figure: Callable[[Floats], float]) -> WithLimits:
        value = figure(np.ones(len(self.truth)))
        if not can_be_drawn(self.groups):
            return WithLimits(value, None)
        found = figure_rounds(figure, self.groups, self.rng, ROUNDS)
        return WithLimits(value, percentile_limits(found))

    def counts(self, weight: Floats) -> NDArray[np.int64]:
        drawn = np.repeat(np.arange(len(self.truth)), weight.astype(np.int64))
        return confusion(self.truth[drawn], self.predicted[drawn], self.classes + 1)[:-1]

    def weighted_f1(self) -> WithLimits:
        return self.limits(lambda weight: float(matrix_figures(self.counts(weight)[None])["weighted_f1"][0]))

    def sensitivity(self, positive: int) -> WithLimits:
        return self.limits(lambda weight: screening(self.counts(weight), positive).sensitivity or 0.0)

    def specificity(self, positive: int) -> WithLimits:
        return self.limits(lambda weight: screening(self.counts(weight), positive).specificity or 0.0)

    def auroc(self, is_positive: NDArray[np.bool_], score: Floats) -> WithLimits:
        known = np.isfinite(score)
        return self.limits(lambda weight: area_under_roc(is_positive[known], score[known], weight[known]))


def _by_group(
    is_positive: NDArray[np.bool_], chance: Floats, groups: Groups, rng: np.random.Generator
) -> GroupScores | None:
    share = _mean_of(is_positive.astype(np.float64), groups)
    if not np.isin(share, (0.0, 1.0)).all():
        return None
    mean = _mean_of(chance, groups)
    called = np.where(np.isnan(mean), 2, mean > 0.5).astype(np.int64)
    patients = _Drawn((share == 1).astype(np.int64), called, 2, Groups(np.arange(groups.count), groups.layer), rng)
    return GroupScores(
        patients.auroc(share == 1, mean), patients.sensitivity(1), patients.specificity(1), patients.weighted_f1()
    )


def _mean_of(values: Floats, groups: Groups) -> Floats:
    """Mean over the cells of each group that have a value; not-a-number where none has."""
    known = np.isfinite(values)
    cells = np.bincount(groups.member[known], minlength=groups.count)
    total = np.bincount(groups.member[known], weights=values[known], minlength=groups.count)
    return np.asarray(np.where(cells > 0, total / np.maximum(cells, 1), np.nan))

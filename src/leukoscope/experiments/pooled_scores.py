"""Figures of a two-class cross-validation by cell and by patient, with limits over patients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.card import LabelCard
from leukoscope.evaluation.agreement import screening
from leukoscope.evaluation.metrics import confusion, weighted_f1
from leukoscope.evaluation.ranking import area_under_roc
from leukoscope.evaluation.resampling import Groups, figure_rounds, make_groups, percentile_limits
from leukoscope.experiments.scores import Judged

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
        auroc_by_group: Over patients, each with the mean score of its cells; None where a patient has both classes.
        sensitivity: Of the positive class at a score of one half.
        specificity: At the same threshold.
        weighted_f1: Over cells.
    """

    n: int
    groups: int
    positive: str
    auroc: WithLimits | None
    auroc_by_group: WithLimits | None
    sensitivity: WithLimits | None
    specificity: WithLimits | None
    weighted_f1: WithLimits


def score_pooled(judged: Judged, labels: Sequence[LabelCard], rng: np.random.Generator) -> PooledScores:
    """Pool the answers of several runs; patients are drawn again, within their class, for the limits.

    Args:
        judged: The answers, each of a run that had not seen the picture's group.
        labels: Classes in the order of their numbers.
        rng: Source of random numbers.
    """
    groups = make_groups(judged.groups, judged.truth.tolist())
    classes = len(labels)
    truth, predicted = judged.truth, judged.predicted

    def limits(figure: Callable[[Floats], float]) -> WithLimits:
        found = figure_rounds(figure, groups, rng, ROUNDS)
        return WithLimits(figure(np.ones(len(truth))), percentile_limits(found))

    def counts(weight: Floats) -> NDArray[np.int64]:
        drawn = np.repeat(np.arange(len(truth)), weight.astype(np.int64))
        return confusion(truth[drawn], predicted[drawn], classes)

    weighted = limits(lambda weight: weighted_f1(counts(weight)))
    if classes != 2:
        return PooledScores(len(truth), groups.count, "", None, None, None, None, weighted)
    positive = next((place for place, label in enumerate(labels) if label.group == "blast"), 0)
    is_positive, chance = truth == positive, judged.probabilities[:, positive]
    return PooledScores(
        n=len(truth),
        groups=groups.count,
        positive=labels[positive].name,
        auroc=limits(lambda weight: area_under_roc(is_positive, chance, weight)),
        auroc_by_group=_by_group(is_positive, chance, groups, rng),
        sensitivity=limits(lambda weight: screening(counts(weight), positive).sensitivity or 0.0),
        specificity=limits(lambda weight: screening(counts(weight), positive).specificity or 0.0),
        weighted_f1=weighted,
    )


def _by_group(
    is_positive: NDArray[np.bool_], chance: Floats, groups: Groups, rng: np.random.Generator
) -> WithLimits | None:
    cells = np.bincount(groups.member, minlength=groups.count)
    share = np.bincount(groups.member, weights=is_positive, minlength=groups.count) / cells
    if not np.isin(share, (0.0, 1.0)).all():
        return None
    mean = np.bincount(groups.member, weights=chance, minlength=groups.count) / cells
    single = Groups(np.arange(groups.count), groups.layer)
    found = figure_rounds(lambda weight: area_under_roc(share == 1, mean, weight), single, rng, ROUNDS)
    return WithLimits(area_under_roc(share == 1, mean), percentile_limits(found))

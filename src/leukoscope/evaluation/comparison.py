"""Which of several models is best on the same pictures, and which cannot be told apart from it?

McNemar's and DeLong's tests take pictures as independent. Where pictures belong to patients or groups, a bootstrap
over these stands beside them, and two models are told apart only if both say so; where nothing can be drawn again they
are not told apart at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.alignment import Contender, Joins, LeftOut, lay_side_by_side
from leukoscope.evaluation.classification import (
    Evaluation,
    EvaluationSettings,
    evaluate_predictions,
    groups_of,
    unnamed_units,
)
from leukoscope.evaluation.counted import count_figures, place_of
from leukoscope.evaluation.estimates import can_be_drawn
from leukoscope.evaluation.paired import delong, holm, mcnemar
from leukoscope.evaluation.predictions import Unit
from leukoscope.evaluation.resampling import Groups, drawn_counts, percentile_limits

Floats = NDArray[np.float64]
Compared = Literal["accuracy", "balanced_accuracy", "macro_f1", "auroc"]
COMPARED: tuple[Compared, ...] = ("accuracy", "balanced_accuracy", "macro_f1", "auroc")
Test = Literal["McNemar", "DeLong", "bootstrap"]
SIGNIFICANT = 0.05
ROUNDS = 2000
_ROUNDS_PER_PAIR = 80
"""So many that the smallest p value there can be, times the number of pairs, is half of what is significant."""


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Two models by one figure and one test.

    Attributes:
        figure: The figure.
        test: The test.
        difference: Figure of the first minus that of the second.
        ci95: 95 % limits of the difference; None where the test gives none.
        p: Two-sided p value of no difference.
        p_corrected: The same after Holm, over all pairs of this figure and test.
    """

    figure: Compared
    test: Test
    difference: float
    ci95: tuple[float, float] | None
    p: float
    p_corrected: float = 1.0


@dataclass(frozen=True, slots=True)
class Pair:
    """Two models with their tests.

    Attributes:
        first: Name of the one.
        second: Name of the other.
        tests: What was tested.
        unit: What is independent of each other; tests over pictures decide alone only where it is the picture.
    """

    first: str
    second: str
    tests: tuple[PairedTest, ...]
    unit: Unit = "picture"

    def of(self, figure: Compared) -> tuple[PairedTest, ...]:
        """The tests of a figure."""
        return tuple(one for one in self.tests if one.figure == figure)

    def p(self, figure: Compared) -> float:
        """The corrected p value that decides: the largest of the tests of a figure.

        It is 1 where there is no test, or only tests over pictures though pictures belong together.
        """
        told = self.of(figure)
        if self.unit != "picture" and all(one.test != "bootstrap" for one in told):
            return 1.0
        return max((one.p_corrected for one in told), default=1.0)


@dataclass(frozen=True, slots=True)
class ModelResult:
    """One model with its figures on the shared pictures."""

    name: str
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who is best by a figure.

    Attributes:
        figure: The figure.
        order: Names, the best first; models without the figure are missing.
        alike: Names that cannot be told apart from the first, in order; without it.
    """

    figure: Compared
    order: tuple[str, ...]
    alike: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several models on the same pictures.

    Attributes:
        classes: Names of the classes.
        n: Pictures all of them were asked about.
        unit: What was drawn again.
        units: How many of these there are.
        units_unnamed: How many of them hold no picture of a known patient, or group where groups are drawn.
        rounds: How often they were drawn; 0 where nothing could be drawn.
        models: The models, in the order given.
        pairs: Every two of them.
        left_out: Models that could not be compared.
        notes: What was joined, dropped or could not be tested; sentences.
    """

    classes: tuple[str, ...]
    n: int
    unit: Unit
    units: int
    units_unnamed: int
    rounds: int
    models: tuple[ModelResult, ...]
    pairs: tuple[Pair, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]

    def ranking(self, figure: Compared) -> Ranking:
        """The order by a figure, and who cannot be told apart from the best."""
        values = {one.name: one.evaluation.value(figure) for one in self.models}
        known = {name: value for name, value in values.items() if value is not None}
        order = tuple(sorted(known, key=lambda name: (-known[name], name)))
        alike = tuple(name for name in order[1:] if self.p(order[0], name, figure) >= SIGNIFICANT)
        return Ranking(figure, order, alike)

    def p(self, first: str, second: str, figure: Compared) -> float:
        """The corrected p value that decides between two models.

        Raises:
            InvalidValueError: There is no such pair.
        """
        for pair in self.pairs:
            if {pair.first, pair.second} == {first, second}:
                return pair.p(figure)
        raise InvalidValueError(f"{first} and {second} were not compared.")


def compare_models(
    contenders: Sequence[Contender],
    *,
    joins: Joins = MappingProxyType({}),
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Comparison:
    """Compare models on the pictures that all of them were asked about.

    Args:
        contenders: At least two models.
        joins: What a fine class is part of; see `alignment.lay_side_by_side`.
        rounds: How often patients, groups or pictures are drawn again, at least; more for many pairs.
        seed: Seed of the draw.

    Raises:
        InvalidValueError: There are fewer than two models, or they cannot be laid side by side.

    Example:
        >>> from leukoscope.evaluation.predictions import Predictions
        >>> truth = np.array([0, 1] * 20)
        >>> good = np.where(np.eye(2)[truth] == 1, 0.9, 0.1)
        >>> asked = [Predictions(("a", "b"), truth, rows, tuple(map(str, range(40)))) for rows in (good, 1 - good)]
        >>> found = compare_models([Contender("good", asked[0]), Contender("bad", asked[1])])
        >>> found.ranking("accuracy")
        Ranking(figure='accuracy', order=('good', 'bad'), alike=())
    """
    if len(contenders) < 2:
        raise InvalidValueError("A comparison needs at least two models.", hint="Name another one, or use `evaluate`.")
    laid = lay_side_by_side(contenders, joins)
    models = laid.contenders
    first = models[0].predictions
    groups = groups_of(first)
    settings = EvaluationSettings(rounds=rounds, seed=seed)
    pairs = len(models) * (len(models) - 1) // 2
    drawn = _draw(models, groups, max(rounds, _ROUNDS_PER_PAIR * pairs), seed) if can_be_drawn(groups) else None
    notes = list(laid.notes)
    if drawn is None:
        notes.append(_why_not_drawn(first.unit))
    return Comparison(
        classes=first.classes,
        n=len(first),
        unit=first.unit,
        units=groups.count,
        units_unnamed=unnamed_units(first, groups),
        rounds=0 if drawn is None else len(drawn[0]),
        models=tuple(ModelResult(one.name, evaluate_predictions(one.predictions, settings)) for one in models),
        pairs=_corrected([_test(models, a, b, drawn) for a, b in combinations(range(len(models)), 2)]),
        left_out=laid.left_out,
        notes=tuple(notes),
    )


def _why_not_drawn(unit: Unit) -> str:
    told = f"A class comes from a single {unit}, so nothing can be drawn again: only tests that take pictures as "
    if unit == "picture":
        return f"{told}independent are left."
    return f"{told}independent are left. They are too sure to decide by themselves, so no model is called better."


def _draw(models: Sequence[Contender], groups: Groups, rounds: int, seed: int) -> Floats:
    """Figures of every model in every round, each round the same draw for all, shape (models, rounds, figures)."""
    counted = [count_figures(one.predictions, groups.member, groups.count) for one in models]
    places = [place_of(figure) for figure in COMPARED]
    rng = np.random.default_rng(seed)
    chunks = [[one.figures(counts)[:, places] for one in counted] for counts in drawn_counts(groups, rng, rounds)]
    return np.concatenate([np.stack(chunk) for chunk in chunks], axis=1)


def _test(models: Sequence[Contender], a: int, b: int, drawn: Floats | None) -> Pair:
    tests = tuple(_tests(models[a], models[b], a, b, drawn))
    return Pair(models[a].name, models[b].name, tests, models[a].predictions.unit)


def _tests(one: Contender, other: Contender, a: int, b: int, drawn: Floats | None) -> Iterator[PairedTest]:
    first, second = one.predictions, other.predictions
    by_chance = mcnemar(first.correct, second.correct)
    difference = float(first.correct.mean() - second.correct.mean())
    yield PairedTest("accuracy", "McNemar", difference, None, by_chance)
    both = first.answered & second.answered
    positive = first.targets[both] == 1
    if len(first.classes) == 2 and min(positive.sum(), (~positive).sum()) >= 2:
        areas = delong(positive, first.probabilities[both, 1], second.probabilities[both, 1])
        yield PairedTest("auroc", "DeLong", areas.first - areas.second, areas.ci95, areas.p)
    if drawn is not None:
        for place, figure in enumerate(COMPARED):
            tested = _bootstrap(figure, one, other, drawn[a, :, place] - drawn[b, :, place])
            if tested is not None:
                yield tested


def _bootstrap(figure: Compared, one: Contender, other: Contender, rounds: Floats) -> PairedTest | None:
    """Two-sided p value from how often the difference of a round lies on the other side of zero.

    References:
        Davison and Hinkley 1997, "Bootstrap methods and their application", section 4.2.5 (one is added to each count).
    """
    seen = rounds[np.isfinite(rounds)]
    limits = percentile_limits(rounds)
    if limits is None:
        return None
    below, above = int((seen <= 0).sum()), int((seen >= 0).sum())
    by_chance = min(1.0, 2 * (min(below, above) + 1) / (len(seen) + 1))
    values = [_value(figure, model) for model in (one, other)]
    return PairedTest(figure, "bootstrap", values[0] - values[1], limits, by_chance)


def _value(figure: Compared, model: Contender) -> float:
    predictions = model.predictions
    everything = np.zeros(len(predictions), dtype=np.int64)
    counted = count_figures(predictions, everything, 1)
    return float(counted.figures(np.ones((1, 1), dtype=np.int64))[0, place_of(figure)])


def _corrected(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """The p values after Holm, over all pairs, for each figure and test by itself."""
    kinds = list(dict.fromkeys((one.figure, one.test) for pair in pairs for one in pair.tests))
    told: dict[tuple[int, str, str], float] = {}
    for figure, test in kinds:
        holders = [
            (place, one.p)
            for place, pair in enumerate(pairs)
            for one in pair.tests
            if (one.figure, one.test) == (figure, test)
        ]
        for (place, _), p in zip(holders, holm([p for _, p in holders]), strict=True):
            told[place, figure, test] = p
    return tuple(
        replace(pair, tests=tuple(replace(one, p_corrected=told[place, one.figure, one.test]) for one in pair.tests))
        for place, pair in enumerate(pairs)
    )

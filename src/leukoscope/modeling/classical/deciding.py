"""How do decisions become the probabilities of all classes, and when is a cell unlike all that was learned?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import DataError
from leukoscope.modeling.classical.fitting import FittedStage, fit_stage
from leukoscope.modeling.classical.recipe import ClassicalRecipe
from leukoscope.modeling.classical.table import CellTable, Floats, Places, telling_columns
from leukoscope.modeling.whitening import Whitening, fit_whitening


@dataclass(frozen=True, slots=True, eq=False)
class Distance:
    """By what novelty is judged: columns, gaps filled, in a space where a class's spread is 1 in every direction.

    Attributes:
        places: Which columns of the table.
        medians: What fills gaps, shape (places,).
        whitening: The space.
    """

    places: Places
    medians: NDArray[np.float64]
    whitening: Whitening

    def embed(self, columns: Floats) -> NDArray[np.float64]:
        """Whitened rows of the whole table, shape (cells, places)."""
        rows = columns[:, self.places].astype(np.float64)
        return self.whitening.apply(np.where(np.isnan(rows), self.medians, rows))

    def to_nearest_class(self, columns: Floats) -> NDArray[np.float64]:
        """Distance of each cell to the nearest class mean, shape (cells,)."""
        points = self.embed(columns)[:, None, :]
        return np.asarray(np.linalg.norm(points - self.whitening.class_means[None], axis=2).min(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Decider:
    """What a run learned.

    Attributes:
        stages: One decision, or two.
        told: Numbers of the classes that the first of two tells; empty for one decision.
        classes: Number of classes.
        distance: By what novelty is judged.
    """

    stages: tuple[FittedStage, ...]
    told: tuple[int, ...]
    classes: int
    distance: Distance

    @property
    def rest(self) -> tuple[int, ...]:
        """Numbers of the classes that the last decision tells."""
        return tuple(one for one in range(self.classes) if one not in self.told)

    def probabilities(self, columns: Floats) -> NDArray[np.float64]:
        """Probabilities of all classes, shape (cells, classes).

        With two decisions the second shares out what the first left: P(monocyte) = P(rest) P(monocyte | rest).
        """
        last = self.stages[-1].probabilities(columns)
        if not self.told:
            return last
        first = self.stages[0].probabilities(columns)
        whole = np.empty((len(columns), self.classes))
        whole[:, list(self.told)] = first[:, :-1]
        whole[:, list(self.rest)] = first[:, -1:] * last
        return whole


def fit_decider(
    recipe: ClassicalRecipe, places: tuple[Places, ...], measured: int, learned: CellTable, watched: CellTable
) -> Decider:
    """Learn all decisions of a recipe.

    Args:
        recipe: What to learn.
        places: For each decision the columns it may take.
        measured: How many of the columns, from the first on, are measurements; novelty is judged by them, or by the
            embedding where there are none.
        learned: Training cells.
        watched: Validation cells, on which probabilities are calibrated.

    Raises:
        DataError: A class is missing in a part, or has too few groups for the folds of a search.
    """
    told = () if recipe.first is None else tuple(recipe.classes.index(name) for name in recipe.first.tells)
    distance = _distance(learned, measured or learned.columns.shape[1], len(recipe.classes))
    if not told:
        stage = fit_stage(recipe.last, places[0], learned, watched, recipe.seed)
        return Decider((stage,), (), len(recipe.classes), distance)
    rest = tuple(one for one in range(len(recipe.classes)) if one not in told)
    first = fit_stage(recipe.stages[0], places[0], _first(learned, told), _first(watched, told), recipe.seed)
    last = fit_stage(recipe.last, places[1], _last(learned, rest), _last(watched, rest), recipe.seed)
    return Decider((first, last), told, len(recipe.classes), distance)


def _first(table: CellTable, told: tuple[int, ...]) -> CellTable:
    """The same cells under the classes of the first decision: those it tells, and the rest as the last one."""
    numbers = [told.index(int(one)) if one in told else len(told) for one in table.targets]
    return CellTable(table.columns, np.array(numbers, dtype=np.int64), table.groups)


def _last(table: CellTable, rest: tuple[int, ...]) -> CellTable:
    """The cells of the other classes."""
    kept = table.rows(np.isin(table.targets, rest))
    return CellTable(kept.columns, np.array([rest.index(int(one)) for one in kept.targets]), kept.groups)


def _distance(learned: CellTable, count: int, classes: int) -> Distance:
    places: Places = np.flatnonzero(telling_columns(learned.columns[:, :count])).astype(np.int64)
    missing = sorted(set(range(classes)) - set(learned.targets.tolist()))
    if missing:
        raise DataError(f"The training part holds no measured cell of class number {missing[0]}.")
    rows = learned.columns[:, places].astype(np.float64)
    medians = np.nanmedian(rows, axis=0)
    filled = np.where(np.isnan(rows), medians, rows)
    return Distance(places, medians, fit_whitening(filled, learned.targets, classes))

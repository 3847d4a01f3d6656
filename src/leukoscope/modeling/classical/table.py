"""What is learned from: columns of numbers, a class and a group for each cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import DataError, RecipeError
from leukoscope.modeling.classical.recipe import FeaturesPart

Floats = NDArray[np.float32]
Places = NDArray[np.int64]
ALL = "all"


@dataclass(frozen=True, slots=True, eq=False)
class CellTable:
    """Cells as numbers.

    Attributes:
        columns: float32, shape (cells, columns), NaN where something could not be measured; float32 because the graph
            takes that, and a border learned between numbers it never sees would lie elsewhere.
        targets: Class numbers, shape (cells,).
        groups: What each cell must not be separated from, length cells.

    Raises:
        DataError: There is nothing, or lengths differ.
    """

    columns: Floats
    targets: NDArray[np.int64]
    groups: tuple[str, ...]

    def __post_init__(self) -> None:
        if not len(self.columns) or {len(self.targets), len(self.groups)} != {len(self.columns)}:
            raise DataError(f"A table needs cells, with a class and a group each, got {len(self.columns)} rows.")

    def rows(self, wanted: NDArray[np.bool_]) -> CellTable:
        """Some of the cells."""
        kept = tuple(group for group, keep in zip(self.groups, wanted, strict=True) if keep)
        return CellTable(self.columns[wanted], self.targets[wanted], kept)


def wanted_columns(features: FeaturesPart, topics: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Names of the measurements that a recipe asks for, in the order of tables.

    Args:
        features: What the recipe says.
        topics: Names of all columns by topic.

    Raises:
        RecipeError: It names something that is neither a topic nor a column.

    Example:
        >>> wanted_columns(FeaturesPart(measurements=("shape",)), {"shape": ("area_px",), "color": ("red",)})
        ('area_px',)
    """
    every = tuple(name for names in topics.values() for name in names)
    asked = set(features.measurements)
    unknown = sorted(asked - set(topics) - set(every) - {ALL})
    if unknown:
        raise RecipeError(
            f"There is no measurement and no topic called {unknown[0]!r}.",
            hint=f"Topics: {', '.join(topics)}; docs/reference/measurements.md has all columns.",
        )
    by_topic = {name for topic in asked & set(topics) for name in topics[topic]}
    return tuple(name for name in every if ALL in asked or name in by_topic or name in asked)


def telling_columns(learned: Floats) -> NDArray[np.bool_]:
    """Which columns differ among the training cells at all; the others tell nothing."""
    there = np.isfinite(learned).any(axis=0)
    with np.errstate(invalid="ignore"):
        low = np.nanmin(np.where(there, learned, 0), axis=0)
        high = np.nanmax(np.where(there, learned, 0), axis=0)
    return np.asarray(there & (high > low))

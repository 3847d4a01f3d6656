"""Where does a value stand among reference cells?  Quantiles of known cells, and a percentage among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from leukoscope.domain.morphology import ReferenceGroup, Standing
from leukoscope.errors import InvalidValueError

EVERYONE = "leukocytes"
"""Name of the group of all leukocytes, each class with the same weight."""


@dataclass(frozen=True, slots=True)
class ReferenceCells:
    """Reference cells of one kind.

    Attributes:
        group: Who they are.
        part: Which part of the set they are, as a split names it.
        licence: Of the pictures that were measured.
        pixel_size_um: Of those pictures; None where nobody knows it, so that only what has no scale is told.
        pixel_size_from: Who says so.
        outlined_by: How nucleus and cell were outlined.
        on_black: Whether they were cut out on black, so that other pictures' cells must not be compared with them.
        percents: Which quantiles are known, rising from 0 to 100.
        quantiles: By measurement, as many as `percents`.
        counts: By measurement, how many of the cells have it; of those that are not named here, all.
        made_by: Command that measured them.

    Raises:
        InvalidValueError: Quantiles are too few, too many, or fall; or more cells have a measurement than there are.
    """

    group: ReferenceGroup
    part: str
    licence: str
    pixel_size_um: float | None
    pixel_size_from: str
    outlined_by: str
    on_black: bool
    percents: tuple[float, ...]
    quantiles: Mapping[str, tuple[float, ...]]
    counts: Mapping[str, int] = field(default_factory=dict)
    made_by: str = ""

    def __post_init__(self) -> None:
        for name, values in self.quantiles.items():
            if len(values) != len(self.percents) or any(low > high for low, high in pairwise(values)):
                raise InvalidValueError(f"Quantiles must rise, one for each percent: {name} of {self.group.name}.")
        for name, count in self.counts.items():
            if not 0 < count <= self.group.cells:
                raise InvalidValueError(
                    f"Of {self.group.cells} {self.group.title}, {count} cannot have been measured for {name}."
                )

    def percent_below(self, measurement: str, value: float) -> float | None:
        """Share of the cells with a smaller value, in percent; cells with the same value count half.

        Args:
            measurement: Its name, unit included.
            value: What a cell measures.

        Returns:
            In [0, 100], interpolated between the known quantiles; None where the reference lacks the measurement.

        Example:
            >>> group = ReferenceGroup("lymphocyte", "lymphocytes", 200, "drawn")
            >>> known = {"roundness": (0.5, 0.75, 1.0)}
            >>> cells = ReferenceCells(group, "train", "", None, "", "", False, (0, 50, 100), known)
            >>> cells.percent_below("roundness", 0.625), cells.percent_below("roundness", 1.5)
            (25.0, 100.0)
        """
        known = self.quantiles.get(measurement)
        if known is None:
            return None
        # From both sides: a quantile that stands there more than once (many cells count 0 nucleoli) is a step.
        below = float(np.interp(value, known, self.percents, left=0, right=100)) if value < known[-1] else 100.0
        if value in known:
            first, last = known.index(value), len(known) - 1 - known[::-1].index(value)
            below = (self.percents[first] + self.percents[last]) / 2
        return below

    def quantile(self, measurement: str, percent: float) -> float | None:
        """The value that `percent` of the cells stay below; None where the reference lacks the measurement."""
        known = self.quantiles.get(measurement)
        return None if known is None else float(np.interp(percent, self.percents, known))

    def standing(self, measurement: str, values: Mapping[str, float]) -> Standing | None:
        """Where a cell stands; None where it, or the reference, lacks the measurement."""
        if measurement not in values:
            return None
        percent = self.percent_below(measurement, values[measurement])
        return None if percent is None else Standing(measurement, percent, self.having(measurement))

    def having(self, measurement: str) -> ReferenceGroup:
        """The group as it is told beside a measurement: counted are only its cells that have it."""
        return replace(self.group, cells=self.counts.get(measurement, self.group.cells))


@dataclass(frozen=True, slots=True)
class ReferenceShelf:
    """All reference cells at hand: of each class those outlined in one way, in another, and cut out on black.

    Attributes:
        cells: One entry for each class, way of outlining, and kind of picture.
    """

    cells: tuple[ReferenceCells, ...]

    def comparable(self, outlined_by: str, *, on_black: bool) -> Reference:
        """Those that were outlined in the same way, from pictures of the same kind."""
        chosen = (one for one in self.cells if one.outlined_by == outlined_by and one.on_black == on_black)
        return Reference({one.group.name: one for one in chosen})


@dataclass(frozen=True, slots=True)
class Reference:
    """Reference cells that a cell may be compared with.

    Attributes:
        groups: By name of the class.
    """

    groups: Mapping[str, ReferenceCells]

    @property
    def everyone(self) -> ReferenceCells | None:
        """All leukocytes together."""
        return self.groups.get(EVERYONE)

    def of_class(self, label: str | None) -> ReferenceCells | None:
        """Cells of a class, or all leukocytes for a cell without a name; None for a class without reference cells."""
        return self.groups.get(EVERYONE if label is None else label)


def quantiles_of(values: Sequence[float], percents: Sequence[float], weights: Sequence[float]) -> tuple[float, ...]:
    """Quantiles of weighed values (the inverse of their distribution function), rounded to four figures.

    Example:
        >>> quantiles_of([3.0, 1.0, 2.0], [0, 50, 100], [1.0, 1.0, 1.0])
        (1.0, 2.0, 3.0)
    """
    order = np.argsort(values)
    ranked, shares = np.asarray(values, np.float64)[order], np.cumsum(np.asarray(weights, np.float64)[order])
    middle = (shares - np.asarray(weights, np.float64)[order] / 2) / shares[-1]
    found = np.interp(np.asarray(percents) / 100, middle, ranked)
    return tuple(float(f"{value:.4g}") for value in found)

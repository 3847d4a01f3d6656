"""One measured figure beside its budget."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A measurement.

    Attributes:
        name: What was measured.
        unit: Unit of the values.
        values: One value a repetition; at least one.
        budget: What it may be; None where there is no budget.
        more_is_better: The budget is a lower limit.
    """

    name: str
    unit: str
    values: Sequence[float]
    budget: float | None = None
    more_is_better: bool = False

    @property
    def median(self) -> float:
        """Median over the repetitions.

        Example:
            >>> Figure("start", "s", [3.0, 1.0, 2.0]).median
            2.0
        """
        return statistics.median(self.values)

    @property
    def within_budget(self) -> bool | None:
        """Whether the median keeps the budget; None without one.

        Example:
            >>> Figure("start", "s", [1.0], budget=1.5).within_budget
            True
            >>> Figure("cells", "1/s", [100.0], budget=300, more_is_better=True).within_budget
            False
        """
        if self.budget is None:
            return None
        return self.median >= self.budget if self.more_is_better else self.median <= self.budget

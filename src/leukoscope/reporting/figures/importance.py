"""What does shuffling a column cost?  One bar a column, the dearest on top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leukoscope.reporting.figures.style import GRID, INK, name_axes, new_figure
from leukoscope.reporting.palette import COLORS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 25
"""Columns in one figure; more cannot be read."""


@dataclass(frozen=True, slots=True)
class ShuffledColumn:
    """One column: mean loss of macro-F1, and its standard deviation over the rounds."""

    name: str
    lost: float
    spread: float


def draw_importance(columns: Sequence[ShuffledColumn], *, cells: int) -> Figure:
    """Bars with their spread, the first on top.

    Args:
        columns: At least one, in the order wanted.
        cells: Validation cells among which values were shuffled.
    """
    figure, grid = new_figure(6.5, 0.9 + 0.24 * len(columns))
    axes, places = grid[0][0], range(len(columns))
    axes.barh(places, [one.lost for one in columns], xerr=[one.spread for one in columns], color=COLORS[0], ecolor=INK,
              height=0.7, error_kw={"linewidth": 0.8})  # fmt: skip
    axes.set_yticks(places, [one.name for one in columns])
    axes.set_ylim(len(columns) - 0.4, -0.6)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    name_axes(axes, f"Loss of macro-F1 when shuffled (n = {cells:,} validation cells)", "")
    return figure

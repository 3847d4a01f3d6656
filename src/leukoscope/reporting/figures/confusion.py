"""Which class is taken for which?  A confusion matrix with counts and rates in every cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from leukoscope.reporting.figures.style import INK, SIZE, name_axes, new_figure, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DARK = 0.55
"""Rate from which the number in a cell is written in white."""
MOST_CELLS = 30
"""Classes above which cells are too small for numbers; the figure then shows shades only."""


def draw_confusion(classes: Sequence[str], counts: Sequence[Sequence[int]], given_none: Sequence[int] = ()) -> Figure:
    """Draw a confusion matrix: the true class as row, the predicted one as column, shaded by the rate in its row.

    Args:
        classes: Names of the classes.
        counts: Pictures, shape (classes, classes).
        given_none: Pictures of each class that were given none: a last column, where there are any.
    """
    table = np.array(counts, dtype=np.float64)
    if any(given_none):
        table = np.column_stack([table, given_none])
    support = table.sum(axis=1)
    rates = np.divide(table, support[:, None], out=np.zeros_like(table), where=support[:, None] > 0)
    side = min(9.5, 1.9 + 0.78 * len(classes))
    figure, ((axes,),) = new_figure(max(side + 1.2, 5.0), side)
    axes.imshow(rates, cmap="Blues", vmin=0, vmax=1)
    if len(classes) <= MOST_CELLS:
        for row, column in np.ndindex(table.shape):
            color = "white" if rates[row, column] > _DARK else INK
            told = f"{int(table[row, column]):,}\n{_rate(rates[row, column])}" if table[row, column] else "0"
            axes.text(column, row, told, ha="center", va="center", fontsize=SIZE - 0.5, color=color)
    names = [short(name, 20) for name in classes]
    slanted = max(len(name) for name in names) > 9
    said = [*names, *(["no class"] if any(given_none) else [])]
    axes.set_xticks(range(len(said)), said, rotation=35 if slanted else 0, ha="right" if slanted else "center")
    axes.set_yticks(range(len(names)), [f"{name} ({int(n):,})" for name, n in zip(names, support, strict=True)])
    axes.set_xticks(np.arange(len(said) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set_visible(False)
    name_axes(
        axes, "Predicted class", "True class (n)", f"Pictures, and share\nof the true class (n = {int(table.sum()):,})"
    )
    return figure


def _rate(share: float) -> str:
    """A rate in percent, never rounded to none or all."""
    percent = 100 * share
    if 0 < percent < 0.1:
        return "<0.1 %"
    return ">99.9 %" if 99.95 <= percent < 100 else f"{percent:.1f} %" if percent < 99.95 else "100 %"

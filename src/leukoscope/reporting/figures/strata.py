"""Is it as good everywhere?  Accuracy with limits, one row a source, patient or range of a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from leukoscope.evaluation.strata import Stratum
from leukoscope.reporting.figures.style import GRID, SIZE, SOFT, name_axes, new_figure, short
from leukoscope.reporting.palette import COLORS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_ROWS = 40


def draw_strata(strata: Sequence[Stratum], overall: float, *, of: str) -> Figure:
    """Accuracy of each, with exact 95 % limits; beyond forty rows the worst are shown.

    Args:
        strata: What to compare.
        overall: Accuracy of all pictures, a dotted line.
        of: What they are, such as "Source".
    """
    shown = list(strata)
    if len(shown) > MOST_ROWS:
        shown = sorted(shown, key=lambda one: (one.accuracy, -one.n))[:MOST_ROWS]
    figure, ((axes,),) = new_figure(6.8, 1.15 + 0.25 * max(len(shown), 2))
    places = np.arange(len(shown))
    values = np.array([one.accuracy for one in shown])
    reach = np.array([[one.accuracy - one.ci95[0], one.ci95[1] - one.accuracy] for one in shown]).T
    axes.axvline(overall, color=SOFT, linestyle=":", linewidth=1.2, label=f"all: {overall:.3f}")
    axes.errorbar(values, places, xerr=np.maximum(reach, 0), fmt="o", color=COLORS[0], ecolor=COLORS[0], elinewidth=1.3,
                  capsize=3, markersize=5)  # fmt: skip
    axes.set_yticks(places, [f"{short(one.name, 34)} (n = {one.n:,})" for one in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    least = min(one.ci95[0] for one in shown)
    axes.set_xlim(max(0.0, least - 0.03), 1 + 0.02 * (1.03 - least))
    axes.set_xticks([one for one in axes.get_xticks() if least - 0.03 <= one <= 1.0])
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.legend(fontsize=SIZE - 1, frameon=False, loc="lower left")
    total = sum(one.n for one in shown)
    name_axes(axes, f"Accuracy with exact 95 % limits (n = {total:,})", of)
    return figure

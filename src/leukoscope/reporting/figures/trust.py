"""Can the probabilities be taken at their word, and what does keeping silent buy?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leukoscope.evaluation.abstention import RiskCoverage
from leukoscope.evaluation.calibration import CalibrationBin
from leukoscope.reporting.figures.style import GRID, INK, SIZE, SOFT, name_axes, new_figure
from leukoscope.reporting.palette import COLORS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_calibration(bins: Sequence[CalibrationBin], confidence: NDArray[np.float64], error: str) -> Figure:
    """Share that is right against confidence, with exact 95 % limits, above how often each confidence comes.

    Args:
        bins: Pictures of like confidence.
        confidence: Of all pictures.
        error: The expected calibration error, as text.
    """
    figure, ((upper,), (lower,)) = new_figure(5.5, 5.2, rows=2)
    upper.plot([0, 1], [0, 1], ":", color=SOFT, linewidth=1, label="as often right as sure")
    x, y = [one.confidence for one in bins], [one.accuracy for one in bins]
    reach = np.array([[one.accuracy - one.ci95[0], one.ci95[1] - one.accuracy] for one in bins]).T
    upper.errorbar(x, y, yerr=np.maximum(reach, 0), fmt="o-", color=COLORS[0], ecolor=COLORS[0], elinewidth=1.2,
                   capsize=3, markersize=5, linewidth=1, label="pictures of like confidence, 95 % limits")  # fmt: skip
    low = min(0.95, float(confidence.min()), *y)
    for axes in (upper, lower):
        axes.set_xlim(max(0.0, low - 0.03), 1.01)
        axes.grid(color=GRID, linewidth=0.6)
    upper.set_ylim(max(-0.02, min(one.ci95[0] for one in bins) - 0.03), 1.01)
    upper.legend(fontsize=SIZE - 1, frameon=False, loc="best")
    name_axes(upper, "", "Share that is right", f"Calibration (n = {len(confidence):,}; error {error})")
    lower.hist(confidence, bins=np.linspace(0, 1, 41).tolist(), color=COLORS[0], edgecolor="white", linewidth=0.4)
    lower.set_yscale("symlog", linthresh=1)
    name_axes(lower, "Confidence: probability of the class that was chosen", "Pictures (log scale)")
    return figure


def draw_risk_coverage(curve: RiskCoverage, n: int, chosen: float | None) -> Figure:
    """Share of the answered pictures that is wrong, from answering only the surest to answering all.

    Args:
        curve: The curve.
        n: Pictures.
        chosen: Confidence below which the model keeps silent; None where it never does.
    """
    figure, ((axes,),) = new_figure(5.5, 3.9)
    axes.step(curve.coverage, curve.risk, where="post", color=COLORS[0], linewidth=1.6, label="surest pictures first")
    axes.axhline(float(curve.risk[-1]), color=SOFT, linewidth=1, linestyle=":", label="all pictures answered")
    if chosen is not None:
        answered = np.flatnonzero(curve.threshold >= chosen)
        if len(answered):
            place = int(answered[-1])
            axes.plot([curve.coverage[place]], [curve.risk[place]], "D", color=INK, markersize=7,
                      label=f"the model answers from {chosen:.3g} on")  # fmt: skip
    axes.set_xlim(0, 1.01)
    axes.set_ylim(0, max(0.02, 1.15 * float(curve.risk.max())))
    axes.grid(color=GRID, linewidth=0.6)
    axes.legend(fontsize=SIZE - 1, frameon=False, loc="best")
    name_axes(axes, "Coverage: share of pictures answered", "Risk: share of those that is wrong",
              f"Risk against coverage (n = {n:,}; area {curve.area:.4f})")  # fmt: skip
    return figure

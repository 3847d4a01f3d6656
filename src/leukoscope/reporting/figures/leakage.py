"""As reported, and as it is: one row an arm, one mark a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leukoscope.reporting.figures.style import GRID, INK, SIZE, name_axes, new_figure
from leukoscope.reporting.palette import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class ArmDots:
    """One arm: its figure as reported and as it is, one value a seed each."""

    title: str
    reported: tuple[float, ...]
    unseen: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ArmPanel:
    """One figure over the arms."""

    title: str
    arms: tuple[ArmDots, ...]


def draw_arms(panels: Sequence[ArmPanel], *, n: int) -> Figure:
    """Panels side by side: filled circles as reported, open squares the same models on what they never saw.

    Args:
        panels: At least one; two in a row.
        n: Pictures each mark was measured on, at least.
    """
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    arms = len(panels[0].arms)
    figure, grid = new_figure(0.6 + 4.1 * columns, rows * (0.95 + 0.42 * arms) + 0.35, rows=rows, columns=columns)
    for place in range(rows * columns):
        axes = grid[place // columns][place % columns]
        if place < len(panels):
            _draw(axes, panels[place], n, named=place % columns == 0)
        else:
            axes.set_visible(False)
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=SIZE - 1, frameon=False)
    return figure


def _draw(axes: Axes, panel: ArmPanel, n: int, *, named: bool) -> None:
    for place, arm in enumerate(panel.arms):
        seeds = len(arm.reported)
        offsets = [place + 0.30 * ((seed + 0.5) / seeds - 0.5) for seed in range(seeds)]
        first = "" if place else "as it would have been reported, one mark a seed"
        second = "" if place else "the same model on unseen groups"
        for low, high, y in zip(arm.unseen, arm.reported, offsets, strict=True):
            axes.plot([low, high], [y, y], color=GRID, linewidth=1.2, zorder=1)
        axes.scatter(arm.unseen, offsets, s=34, marker="s", facecolors="white", edgecolors=COLORS[1], linewidths=1.4,
                     label=second or None, zorder=2)  # fmt: skip
        axes.scatter(arm.reported, offsets, s=30, marker="o", color=COLORS[0], label=first or None, zorder=3)
        mean = sum(arm.reported) / seeds
        axes.plot([mean, mean], [place - 0.3, place + 0.3], color=INK, linewidth=1.4,
                  label=None if place else "mean as reported")  # fmt: skip
    axes.set_yticks(range(len(panel.arms)), [arm.title if named else "" for arm in panel.arms])
    axes.set_ylim(len(panel.arms) - 0.5, -0.5)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    name_axes(axes, f"{panel.title} (n ≥ {n:,} each)", "Arm" if named else "")

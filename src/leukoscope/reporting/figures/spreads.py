"""How is a number spread in each class?  Boxes from quantiles, many small panels in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leukoscope.reporting.figures.style import GRID, INK, looks_of, name_axes, new_figure, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_BOXES = 24


@dataclass(frozen=True, slots=True)
class BoxOf:
    """One box: a group, how many stand behind it, and its quantiles 5, 25, 50, 75 and 95 %."""

    group: str
    n: int
    quantiles: tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class SpreadPanel:
    """One number with a box for each group."""

    title: str
    axis: str
    boxes: tuple[BoxOf, ...]


def draw_spreads(panels: Sequence[SpreadPanel], *, of: str, columns: int = 3) -> Figure:
    """Panels side by side: whiskers from 5 to 95 %, the box holds the middle half, the line is the median.

    Args:
        panels: At least one.
        of: What the groups are, such as "Class".
        columns: Panels in a row.
    """
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    most = max(min(len(panel.boxes), MOST_BOXES) for panel in panels)
    figure, grid = new_figure(0.4 + 2.75 * columns, rows * (0.85 + 0.24 * most), rows=rows, columns=columns)
    for place in range(rows * columns):
        axes = grid[place // columns][place % columns]
        if place >= len(panels):
            axes.set_visible(False)
            continue
        _draw(axes, panels[place], of if place % columns == 0 else "")
        if place % columns:
            axes.tick_params(labelleft=False)
    return figure


def _draw(axes: Axes, panel: SpreadPanel, of: str) -> None:
    boxes = panel.boxes[:MOST_BOXES]
    looks = looks_of([box.group for box in boxes])
    told = [
        {"whislo": box.quantiles[0], "q1": box.quantiles[1], "med": box.quantiles[2], "q3": box.quantiles[3],
         "whishi": box.quantiles[4], "fliers": []}
        for box in boxes
    ]  # fmt: skip
    places = list(range(len(boxes)))
    drawn = axes.bxp(
        told, positions=places, orientation="horizontal", widths=0.62, showfliers=False, patch_artist=True,
        medianprops={"color": INK, "linewidth": 1.6}, whiskerprops={"color": INK, "linewidth": 0.8},
        capprops={"color": INK, "linewidth": 0.8},
    )  # fmt: skip
    for patch, box in zip(drawn["boxes"], boxes, strict=True):
        look = looks[box.group]
        patch.set(facecolor=look.color, alpha=0.75, edgecolor=INK, linewidth=0.6, hatch=look.hatch)
    axes.set_yticks(places, [f"{short(box.group, 20)} ({box.n:,})" for box in boxes])
    axes.set_ylim(len(boxes) - 0.45, -0.55)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    name_axes(axes, panel.axis, of, panel.title)

"""Which pictures lie together?  Points of a plane, colored and marked by what they belong to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leukoscope.reporting.figures.style import MOST_LOOKS, OTHERS, SIZE, looks_of, name_axes, new_figure, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, eq=False)
class MapPanel:
    """Points with their groups.

    Attributes:
        title: Such as "UMAP by class".
        x: Label of the axis across.
        y: Label of the axis up.
        points: Shape (pictures, 2).
        groups: What each belongs to.
    """

    title: str
    x: str
    y: str
    points: NDArray[np.float64]
    groups: tuple[str, ...]


def draw_maps(panels: Sequence[MapPanel], *, seed: int = 0) -> Figure:
    """Maps side by side, with one legend below each; the commonest ten groups have a look of their own.

    Args:
        panels: At least one; two in a row.
        seed: Points are drawn in random order, so that no group hides another.
    """
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    legend = max(_legend_rows(panel) for panel in panels)
    figure, grid = new_figure(4.35 * columns, rows * (3.7 + 0.19 * legend), rows=rows, columns=columns)
    for place in range(rows * columns):
        axes = grid[place // columns][place % columns]
        if place < len(panels):
            _draw(axes, panels[place], np.random.default_rng(seed))
        else:
            axes.set_visible(False)
    return figure


def _named(panel: MapPanel) -> list[str]:
    counts = Counter(panel.groups)
    common = sorted(counts, key=lambda name: (-counts[name], name))
    kept = common if len(common) <= MOST_LOOKS else common[: MOST_LOOKS - 1]
    return sorted(kept)


def _legend_rows(panel: MapPanel) -> int:
    return -(-(min(len(set(panel.groups)), MOST_LOOKS) + 1) // 2)


def _draw(axes: Axes, panel: MapPanel, rng: np.random.Generator) -> None:
    from matplotlib.lines import Line2D

    named = _named(panel)
    looks = looks_of(named)
    groups = np.array([name if name in looks else OTHERS for name in panel.groups], dtype=object)
    area = float(np.clip(16000 / max(len(groups), 1), 8, 26))
    layers = rng.integers(0, 4, len(groups))  # no group lies on top of all others
    for layer in range(4):
        for name in [OTHERS, *named]:
            inside = (groups == name) & (layers == layer)
            if inside.any():
                look = looks[name]
                axes.scatter(
                    panel.points[inside, 0], panel.points[inside, 1], s=area, c=look.color, marker=look.mark, alpha=0.7,
                    linewidths=0, rasterized=True,
                )  # fmt: skip
    handles = [
        Line2D([], [], linestyle="", marker=looks[name].mark, color=looks[name].color, markersize=5,
               label=f"{short(name, 22)} ({int((groups == name).sum()):,})")
        for name in [*named, *([OTHERS] if (groups == OTHERS).any() else [])]
    ]  # fmt: skip
    axes.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.07), ncols=2, fontsize=SIZE - 1, frameon=False
    )
    axes.set_xticks([])
    axes.set_yticks([])
    name_axes(axes, panel.x, panel.y, f"{panel.title} (n = {len(groups):,})")

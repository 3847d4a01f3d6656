"""Which model is best, and at what price?  Bars of all models with their limits, and figure against speed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from leukoscope.reporting.figures.style import GRID, INK, SIZE, SOFT, name_axes, new_figure, short
from leukoscope.reporting.palette import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Standing = Literal["best", "alike", "behind"]
_LOOKS: dict[Standing, tuple[str, str, str, str]] = {
    "best": (COLORS[0], "", "highest", "o"),
    "alike": (COLORS[2], "///", "cannot be told apart from it", "s"),
    "behind": ("#9aa4ae", "...", "behind beyond chance", "^"),
}
"""Color, hatch, words and mark."""
_LEAST_SPAN = 0.2


@dataclass(frozen=True, slots=True)
class ModelBar:
    """One model by one figure: its value, its 95 % limits where there are any, and where it stands."""

    name: str
    value: float
    ci95: tuple[float, float] | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class BarPanel:
    """All models by one figure."""

    title: str
    bars: tuple[ModelBar, ...]


@dataclass(frozen=True, slots=True)
class PricePoint:
    """One model: its figure, its limits, how fast it is, and how large."""

    name: str
    value: float
    ci95: tuple[float, float] | None
    pictures_per_s: float
    size_mb: float
    standing: Standing


def draw_models(panels: Sequence[BarPanel], *, n: int) -> Figure:
    """Bars of all models, side by side for each figure; whiskers are 95 % limits.

    Args:
        panels: At least one, all with the same models in the same order.
        n: Pictures behind every bar.
    """
    models = len(panels[0].bars)
    figure, (row,) = new_figure(1.2 + 3.3 * len(panels), 1.1 + 0.30 * max(models, 2), columns=len(panels))
    for place, (axes, panel) in enumerate(zip(row, panels, strict=True)):
        _draw_bars(axes, panel, n, named=place == 0)
    _legend(figure, {bar.standing for panel in panels for bar in panel.bars})
    return figure


def draw_price(points: Sequence[PricePoint], *, figure_title: str, n: int) -> Figure:
    """Figure against speed: up is better, right is faster, larger marks are larger files.

    The line joins the models that no other beats in both.

    Args:
        points: At least one.
        figure_title: What stands on the vertical axis.
        n: Pictures behind every point.
    """
    from matplotlib.ticker import FuncFormatter

    figure, ((axes,),) = new_figure(7.6, 4.4)
    front = _front(points)
    axes.plot([points[one].pictures_per_s for one in front], [points[one].value for one in front], color=SOFT,
              linewidth=1.1, linestyle="--", zorder=1, label="no model beats these in both")  # fmt: skip
    for number, point in enumerate(points, start=1):
        color, _, _, mark = _LOOKS[point.standing]
        if point.ci95 is not None:
            axes.plot([point.pictures_per_s] * 2, point.ci95, color=GRID, linewidth=1.6, zorder=0)
        area = float(np.clip(18 + 9 * np.sqrt(point.size_mb), 22, 190))
        axes.scatter([point.pictures_per_s], [point.value], s=area, color=color, marker=mark, zorder=2,
                     edgecolors="white", linewidths=0.6)  # fmt: skip
        on_front = number - 1 in front
        text = f"{number} {short(point.name, 24)}" if on_front else str(number)
        axes.annotate(text, (point.pictures_per_s, point.value), xytext=(6, 5), textcoords="offset points",
                      fontsize=SIZE - 1, color=INK, fontweight="bold" if on_front else "normal")  # fmt: skip
    axes.set_xscale("log")
    for ticks in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
        ticks(FuncFormatter(lambda value, _: f"{value:,g}" if f"{value:.0e}"[0] in "1235" else ""))
    axes.grid(color=GRID, linewidth=0.5)
    axes.margins(x=0.18, y=0.12)
    low, high = axes.get_ylim()
    spare = max(0.0, _LEAST_SPAN - (high - low)) / 2  # a hundredth must not look like a gulf
    axes.set_ylim(low - spare, high + spare)
    name_axes(axes, "Pictures a second, one core", f"{figure_title} (n = {n:,})")
    _legend(figure, {point.standing for point in points}, marks=True)
    return figure


def _draw_bars(axes: Axes, panel: BarPanel, n: int, *, named: bool) -> None:
    for place, bar in enumerate(panel.bars):
        color, hatch, _, _ = _LOOKS[bar.standing]
        (drawn,) = axes.barh([place], [bar.value], color=color, height=0.7)
        drawn.set(hatch=hatch, edgecolor="white", linewidth=0.4)
        if bar.ci95 is not None:
            axes.plot(bar.ci95, [place, place], color=INK, linewidth=1.3, marker="|", markersize=6)
        right = bar.value if bar.ci95 is None else bar.ci95[1]
        axes.text(right, place, f"  {bar.value:.3f}", va="center", fontsize=SIZE - 1, color=INK)
    axes.set_yticks(range(len(panel.bars)), [short(bar.name) if named else "" for bar in panel.bars])
    axes.set_ylim(len(panel.bars) - 0.4, -0.6)
    axes.set_xlim(0, 1.18)  # bars that do not begin at zero mislead
    axes.set_xticks(np.arange(0, 1.01, 0.2))
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    name_axes(axes, f"{panel.title} (n = {n:,})", "Model" if named else "")


def _legend(figure: Figure, standings: set[Standing], *, marks: bool = False) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], linestyle="", marker=mark, color=color, markersize=6, label=words)
        if marks
        else Patch(facecolor=color, hatch=hatch, edgecolor="white", label=words)
        for standing, (color, hatch, words, mark) in _LOOKS.items()
        if standing in standings
    ]
    if marks:
        handles.append(Line2D([], [], linestyle="--", color=SOFT, label="no model beats these in both"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize=SIZE - 1, frameon=False)


def _front(points: Sequence[PricePoint]) -> list[int]:
    """Places of the models that no other one beats in figure and speed, the slowest first."""
    order = sorted(range(len(points)), key=lambda one: (-points[one].pictures_per_s, -points[one].value))
    kept, best = [], -np.inf
    for one in order:
        if points[one].value > best:
            kept.append(one)
            best = points[one].value
    return kept[::-1]

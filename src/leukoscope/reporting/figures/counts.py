"""How many of each?  Bars of classes, divided by part or source, and bars of any counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from leukoscope.reporting.figures.style import (
    GRID,
    INK,
    MOST_LOOKS,
    OTHERS,
    SIZE,
    looks_of,
    name_axes,
    new_figure,
    short,
)
from leukoscope.reporting.palette import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_BARS = 40


def draw_counts(names: Sequence[str], counts: Sequence[int], *, what: str, of: str) -> Figure:
    """One bar a name, with its number at the end; beyond forty the rest is one bar.

    Args:
        names: What is counted.
        counts: How many.
        what: Label of the axis of numbers, such as "Pictures".
        of: Label of the axis of names, such as "Class".
    """
    names, rows = _largest(names, [(count,) for count in counts])
    figure, axes = _room(len(names))
    places = np.arange(len(names))
    values = np.array([row[0] for row in rows])
    axes.barh(places, values, color=COLORS[0], height=0.72)
    for place, value in enumerate(values.tolist()):
        axes.text(value, place, f" {value:,}", va="center", fontsize=SIZE - 1, color=INK)
    _finish(axes, names, what=f"{what} (n = {int(values.sum()):,})", of=of, widest=float(values.max(initial=1)))
    return figure


def draw_cross(names: Sequence[str], columns: Sequence[str], counts: Sequence[Sequence[int]], *, by: str) -> Figure:
    """Stacked bars: each class divided by part, fold or source; colors and hatches tell them apart.

    Args:
        names: Classes.
        columns: What divides them; beyond ten the smallest are one.
        counts: One row a class, one number a column.
        by: Name of what divides them.
    """
    columns, counts = _fewer_columns(columns, counts)
    names, rows = _largest(names, [tuple(row) for row in counts])
    looks = looks_of([name for name in columns if name != OTHERS])
    figure, axes = _room(len(names))
    places, table = np.arange(len(names)), np.array(rows)
    left = np.zeros(len(names))
    for place, column in enumerate(columns):
        look, values = looks[column], table[:, place]
        label = f"{short(column)} ({int(values.sum()):,})"
        bars = axes.barh(places, values, left=left, height=0.72, color=look.color, label=label)
        for bar in bars:
            bar.set(hatch=look.hatch, edgecolor="white", linewidth=0.4)
        left += values
    for place, value in enumerate(left.tolist()):
        axes.text(value, place, f" {int(value):,}", va="center", fontsize=SIZE - 1, color=INK)
    _finish(axes, names, what=f"Pictures (n = {int(table.sum()):,})", of="Class", widest=float(left.max(initial=1)))
    axes.legend(title=by.capitalize(), fontsize=SIZE - 1, title_fontsize=SIZE - 1, frameon=False, loc="center left",
                bbox_to_anchor=(1.0, 0.5))  # fmt: skip
    return figure


def _room(bars: int) -> tuple[Figure, Axes]:
    figure, ((axes,),) = new_figure(7.4, 0.75 + 0.27 * max(bars, 2))
    return figure, axes


def _finish(axes: Axes, names: Sequence[str], *, what: str, of: str, widest: float) -> None:
    axes.set_yticks(range(len(names)), [short(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, widest * 1.14)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    name_axes(axes, what, of)


def _largest(names: Sequence[str], rows: Sequence[tuple[int, ...]]) -> tuple[list[str], list[tuple[int, ...]]]:
    if len(names) <= MOST_BARS:
        return list(names), list(rows)
    order = sorted(range(len(names)), key=lambda place: (-sum(rows[place]), names[place]))
    kept, rest = sorted(order[: MOST_BARS - 1]), order[MOST_BARS - 1 :]
    together = tuple(int(n) for n in np.array([rows[place] for place in rest]).sum(axis=0))
    return [*(names[place] for place in kept), f"{len(rest)} others"], [*(rows[place] for place in kept), together]


def _fewer_columns(columns: Sequence[str], counts: Sequence[Sequence[int]]) -> tuple[list[str], list[list[int]]]:
    if len(columns) <= MOST_LOOKS:
        return list(columns), [list(row) for row in counts]
    table = np.array(counts)
    order = np.argsort(-table.sum(axis=0), kind="stable")
    kept = sorted(order[: MOST_LOOKS - 1])
    rest = table[:, order[MOST_LOOKS - 1 :]].sum(axis=1)
    rows = [[*(int(row[place]) for place in kept), int(others)] for row, others in zip(table, rest, strict=True)]
    return [*(columns[place] for place in kept), OTHERS], rows

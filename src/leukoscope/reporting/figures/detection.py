"""How does a detector trade misses for false alarms, and does it count right?  Curves and counts, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from leukoscope.evaluation.boxes import BoxCurve
from leukoscope.reporting.figures.style import GRID, SIZE, SOFT, Look, looks_of, name_axes, new_figure, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEWEST_FALSE = 0.01
"""False detections per picture where the free-response curve begins; fewer are drawn there."""
_MOST_PANELS = 9


@dataclass(frozen=True, slots=True, eq=False)
class FoundCurve:
    """The curve of one class, with the threshold that the card sets.

    Attributes:
        name: The class.
        marked: Marked objects.
        curve: From the strictest threshold to the mildest, at least one point.
        threshold: Score from which objects are told.
        told: What the legend says of it.
    """

    name: str
    marked: int
    curve: BoxCurve
    threshold: float
    told: str

    @property
    def chosen(self) -> int | None:
        """Place of the card's threshold on the curve; None where no detection reaches it."""
        reached = int((self.curve.threshold >= self.threshold).sum())
        return reached - 1 if reached else None


def draw_found_precision(curves: Sequence[FoundCurve], pictures: int, iou: float) -> Figure:
    """Precision over recall; a mark shows the card's threshold."""
    figure, ((axes,),) = new_figure(5.5, 4.0 + 0.19 * min(len(curves), 12))
    for one, look in _looks(curves):
        _line(axes, one, look, np.append(0.0, one.curve.recall), np.append(1.0, one.curve.precision))
        if one.chosen is not None:
            _mark(axes, look, one.curve.recall[one.chosen], one.curve.precision[one.chosen])
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.02)
    axes.grid(color=GRID, linewidth=0.6)
    name_axes(axes, "Recall of marked objects", "Precision of detections",
              f"Precision and recall at IoU {iou:g} (n = {pictures:,} pictures)")  # fmt: skip
    _legend(axes, "Class: average precision")
    return figure


def draw_free_response(curves: Sequence[FoundCurve], pictures: int, iou: float) -> Figure:
    """Recall over false detections per picture; a mark shows the card's threshold."""
    figure, ((axes,),) = new_figure(5.5, 4.0 + 0.19 * min(len(curves), 12))
    for one, look in _looks(curves):
        false = np.maximum(one.curve.false_per_picture, FEWEST_FALSE)
        _line(axes, one, look, false, one.curve.recall)
        if one.chosen is not None:
            _mark(axes, look, false[one.chosen], one.curve.recall[one.chosen])
    axes.set_xscale("log")
    axes.set_ylim(-0.01, 1.02)
    axes.grid(color=GRID, linewidth=0.6)
    name_axes(axes, f"False detections per picture (up to {FEWEST_FALSE:g} drawn there)", "Recall of marked objects",
              f"Free response at IoU {iou:g} (n = {pictures:,} pictures)")  # fmt: skip
    _legend(axes, "Class: recall at 1 false per picture")
    return figure


def draw_found_counts(rows: Sequence[tuple[str, Sequence[tuple[int, int]]]]) -> Figure:
    """Detections over marked objects, one point a picture and one panel a class; on the line both are equal.

    Args:
        rows: Class, and marked objects and detections of each picture.
    """
    shown = rows[:_MOST_PANELS]
    columns = min(3, len(shown))
    lines = -(-len(shown) // columns)
    figure, panels = new_figure(3.1 * columns, 3.0 * lines, rows=lines, columns=columns)
    looks = looks_of([name for name, _ in shown])
    flat = [axes for line in panels for axes in line]
    for axes, (name, counts) in zip(flat, shown, strict=False):
        marked, found = (np.array([pair[side] for pair in counts]) for side in (0, 1))
        top = max(1, int(marked.max(initial=0)), int(found.max(initial=0))) * 1.06
        axes.plot([0, top], [0, top], linestyle=":", color=SOFT, linewidth=1)
        axes.plot(marked, found, looks[name].mark, color=looks[name].color, markersize=4, alpha=0.55, linestyle="")
        axes.set_xlim(-0.03 * top, top)
        axes.set_ylim(-0.03 * top, top)
        axes.set_aspect("equal")
        axes.locator_params(integer=True)
        name_axes(axes, "Marked", "Found", f"{short(name, 18)} (n = {len(counts):,})")
    for axes in flat[len(shown) :]:
        axes.set_visible(False)
    return figure


def _looks(curves: Sequence[FoundCurve]) -> list[tuple[FoundCurve, Look]]:
    looks = looks_of([one.name for one in curves])
    return [(one, looks[one.name]) for one in curves]


def _line(axes: Axes, one: FoundCurve, look: Look, x: object, y: object) -> None:
    axes.plot(np.asarray(x), np.asarray(y), look.dash, color=look.color, linewidth=1.6,
              label=f" {short(one.name, 24)} (n = {one.marked:,}): {one.told}")  # fmt: skip


def _mark(axes: Axes, look: Look, x: float, y: float) -> None:
    axes.plot([x], [y], look.mark, color=look.color, markersize=8, markeredgecolor="white", linestyle="")


def _legend(axes: Axes, title: str) -> None:
    axes.legend(title=title, fontsize=SIZE - 1, title_fontsize=SIZE - 1, frameon=False, loc="upper center",
                bbox_to_anchor=(0.5, -0.14), ncols=1)  # fmt: skip

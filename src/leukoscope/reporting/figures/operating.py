"""What do thresholds do?  ROC and precision-recall curves, and what each threshold gives, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leukoscope.evaluation.ranking import PrecisionRecallCurve, RocCurve
from leukoscope.evaluation.thresholds import ThresholdScore
from leukoscope.reporting.figures.style import GRID, SIZE, SOFT, looks_of, name_axes, new_figure, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_POINTS = 400
"""Points drawn of a curve; more cannot be told apart."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassCurves:
    """The curves of one class against all others.

    Attributes:
        name: The class.
        positives: Pictures that have it.
        roc: Its ROC curve.
        precision_recall: Its precision-recall curve.
        auroc: Area of the first, with limits where there are any, as text.
        auprc: Area of the second, likewise.
    """

    name: str
    positives: int
    roc: RocCurve
    precision_recall: PrecisionRecallCurve
    auroc: str
    auprc: str


def draw_roc(curves: Sequence[ClassCurves], n: int) -> Figure:
    """ROC curves of some classes of n pictures; the diagonal is chance."""
    figure, ((axes,),) = new_figure(*_room(len(curves)))
    _chance(axes, [0, 1], [0, 1])
    looks = looks_of([one.name for one in curves])
    for one in curves:
        look = looks[one.name]
        every = _every(len(one.roc.threshold))
        x, y = 1 - one.roc.specificity, one.roc.sensitivity
        axes.plot(_thin(x, every), _thin(y, every), look.dash, color=look.color, linewidth=1.6,
                  label=f"{_label(one.name)} (n = {one.positives:,}): {one.auroc}")  # fmt: skip
    _square(axes, "1 - specificity", "Sensitivity", f"ROC, each class against the rest (n = {n:,})")
    _legend(axes, "Class: AUROC")
    return figure


def draw_precision_recall(curves: Sequence[ClassCurves], n: int) -> Figure:
    """Precision-recall curves of some classes of n pictures; a dotted line is the share of the class: chance."""
    figure, ((axes,),) = new_figure(*_room(len(curves)))
    looks = looks_of([one.name for one in curves])
    for one in curves:
        look, every = looks[one.name], _every(len(one.precision_recall.threshold))
        axes.axhline(one.positives / n, color=look.color, linewidth=0.7, linestyle=":")
        axes.plot(_thin(one.precision_recall.recall, every), _thin(one.precision_recall.precision, every), look.dash,
                  color=look.color, linewidth=1.6,
                  label=f"{_label(one.name)} (n = {one.positives:,}): {one.auprc}")  # fmt: skip
    _square(axes, "Recall", "Precision", f"Precision and recall, each class against the rest (n = {n:,})")
    _legend(axes, "Class: average precision")
    return figure


def draw_thresholds(
    rows: Sequence[tuple[str, Sequence[ThresholdScore]]], chosen: Sequence[float | None], n: int
) -> Figure:
    """F1 over thresholds, one line a class; a mark shows the threshold that was chosen on validation.

    Args:
        rows: Class and what each threshold gives.
        chosen: Threshold chosen on validation, one a class; None where there is none.
        n: Pictures.
    """
    figure, ((axes,),) = new_figure(*_room(len(rows)))
    looks = looks_of([name for name, _ in rows])
    for (name, scores), best in zip(rows, chosen, strict=True):
        look = looks[name]
        label = _label(name) if best is None else f"{_label(name)} (chosen on validation: {best:g})"
        axes.plot([one.threshold for one in scores], [one.f1 for one in scores], look.dash, color=look.color,
                  marker=look.mark, markersize=4, linewidth=1.4, label=label)  # fmt: skip
        for one in scores:
            if best is not None and abs(one.threshold - best) < 1e-9:
                axes.plot([best], [one.f1], marker="o", markersize=11, markerfacecolor="none",
                          markeredgecolor=look.color, markeredgewidth=1.4, linestyle="")  # fmt: skip
    axes.set_xlim(0.05, 0.95)
    axes.set_ylim(-0.02, 1.05)
    axes.set_xticks([number / 10 for number in range(1, 10)])
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    name_axes(axes, "Threshold on the probability of the class", "F1", f"F1 over thresholds (n = {n:,})")
    _legend(axes, "Class")
    return figure


def _room(classes: int) -> tuple[float, float]:
    return 5.5, 4.0 + 0.19 * min(classes, 12)


def _chance(axes: Axes, x: list[float], y: list[float]) -> None:
    axes.plot(x, y, linestyle=":", color=SOFT, linewidth=1, label="chance")


def _square(axes: Axes, x: str, y: str, title: str) -> None:
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.02)
    axes.grid(color=GRID, linewidth=0.6)
    name_axes(axes, x, y, title)


def _legend(axes: Axes, title: str) -> None:
    axes.legend(title=title, fontsize=SIZE - 1, title_fontsize=SIZE - 1, frameon=False, loc="upper center",
                bbox_to_anchor=(0.5, -0.14), ncols=1)  # fmt: skip


def _label(name: str) -> str:
    """A name for a legend; matplotlib leaves out those that begin with an underscore."""
    text = short(name, 24)
    return f" {text}" if text.startswith("_") else text


def _every(points: int) -> int:
    return max(1, points // _MOST_POINTS)


def _thin(values: object, every: int) -> list[float]:
    import numpy as np

    numbers = np.asarray(values, dtype=np.float64)
    kept = numbers[::every]
    return [*kept.tolist(), float(numbers[-1])]

"""How did training go?  Loss and accuracy over the epochs."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.errors import DataError
from leukoscope.reporting.figures.style import GRID, INK, SIZE, name_axes, new_figure, short
from leukoscope.reporting.palette import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Curve:
    """One figure over the epochs.

    Attributes:
        epochs: Epochs, rising.
        values: The figure at each.

    Raises:
        DataError: They differ in number.
    """

    epochs: tuple[int, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.epochs) != len(self.values):
            raise DataError(f"A curve has {len(self.epochs)} epochs and {len(self.values)} values.")


@dataclass(frozen=True, slots=True)
class TrainingCurves:
    """What a training left behind, epoch by epoch; an empty curve was not recorded."""

    train_loss: Curve
    validation_loss: Curve
    train_accuracy: Curve
    validation_accuracy: Curve


def curves_of_rows(rows: Iterable[Mapping[str, str]]) -> TrainingCurves:
    """Curves of the rows of a log: columns `epoch`, `train_loss`, `validation_loss`, `train_accuracy`, ...

    Several rows may tell of one epoch, as Lightning writes them; the last value that is given counts.

    Raises:
        DataError: A row has no epoch, or a value is no number.

    Example:
        >>> curves_of_rows([{"epoch": "0", "train_loss": "1.5"}, {"epoch": "0", "train_loss": ""}]).train_loss.values
        (1.5,)
    """
    names = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")
    found: dict[str, dict[int, float]] = {name: {} for name in names}
    for number, row in enumerate(rows, start=1):
        try:
            epoch = int(float(row["epoch"]))
            told = {name: float(row[name]) for name in names if row.get(name)}
        except (KeyError, ValueError) as fault:
            raise DataError(
                f"Row {number} of the training log cannot be read: {fault}.", hint="It needs `epoch` and numbers."
            ) from fault
        for name, value in told.items():
            found[name][epoch] = value
    curves = [Curve(tuple(sorted(one)), tuple(one[epoch] for epoch in sorted(one))) for one in found.values()]
    return TrainingCurves(*curves)


def read_curves(path: Path) -> TrainingCurves:
    """Curves of a CSV file.

    Raises:
        DataError: It is no such file.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        return curves_of_rows(csv.DictReader(stream))


def draw_training_curves(
    curves: TrainingCurves,
    *,
    train_pictures: int,
    validation_pictures: int,
    best_epoch: int | None = None,
    title: str = "",
) -> Figure:
    """Loss on the left, accuracy on the right; training full and round, validation dashed and square.

    Args:
        curves: What to draw.
        train_pictures: Pictures that were learned from.
        validation_pictures: Pictures that were held against.
        best_epoch: Epoch that was kept; a vertical line marks it.
        title: Over the figure, such as the recipe's name.
    """
    figure, ((loss, accuracy),) = new_figure(8.2, 3.2, columns=2)
    _draw(loss, curves.train_loss, curves.validation_loss, train_pictures, validation_pictures)
    _draw(accuracy, curves.train_accuracy, curves.validation_accuracy, train_pictures, validation_pictures)
    name_axes(loss, "Epoch", "Loss")
    name_axes(accuracy, "Epoch", "Accuracy")
    accuracy.set_ylim(0, 1.02)
    if any(curves.train_loss.values) or any(curves.validation_loss.values):
        loss.set_ylim(bottom=0)
    for axes in (loss, accuracy):
        if best_epoch is not None:
            axes.axvline(best_epoch, color=INK, linewidth=1, linestyle=":", label=f"kept: epoch {best_epoch}")
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=SIZE - 1, frameon=False)
    if title:
        figure.suptitle(short(title, 80), fontsize=SIZE + 2, color=INK, x=0.01, ha="left")
    return figure


def _draw(axes: Axes, train: Curve, validation: Curve, train_pictures: int, validation_pictures: int) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    told: Sequence[tuple[Curve, str, str, str, str]] = (
        (train, f"training (n = {train_pictures:,})", COLORS[0], "o", "-"),
        (validation, f"validation (n = {validation_pictures:,})", COLORS[1], "s", "--"),
    )
    for curve, name, color, mark, dash in told:
        if curve.epochs:
            every = max(1, math.ceil(len(curve.epochs) / 20))
            (line,) = axes.plot(curve.epochs, curve.values, dash, color=color, linewidth=1.4, label=name)
            line.set(marker=mark, markersize=3.5, markevery=every)

"""Which charts show the cells of a report?  Nucleus area and N:C, each by itself and against each other."""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from leukoscope.domain.labels import UNCERTAIN
from leukoscope.reporting.charts import Chart, Points, histogram, scatter
from leukoscope.reporting.documents import CellDocument, ImageDocument
from leukoscope.reporting.palette import Style
from leukoscope.reporting.wording import plural

FEWEST = 5
"""Measured cells below which a chart would show nothing."""
MOST_MARKS = 1200
"""Marks of a scatter plot; of more cells, every second, third, ... of the large classes is drawn."""
_FEW_MARKS = 60
"""Cells of a class of which each is drawn, however many others there are: the rare ones are looked for."""
_RATIO = "nucleus_to_cell_ratio"
_AREAS = (("nucleus_area_um2", "µm²"), ("nucleus_area_px", "px²"))
_UNNAMED = "not named"


@dataclass(frozen=True, slots=True)
class CellCharts:
    """The charts and what is to be said below them."""

    charts: tuple[Chart, ...]
    note: str


@dataclass(slots=True)
class _Column:
    """Cells of one class: nucleus areas and ratios, side by side, as flat arrays."""

    areas: array[float] = field(default_factory=lambda: array("f"))
    ratios: array[float] = field(default_factory=lambda: array("f"))


class ChartCollector:
    """Takes the cells of one picture after the other; four bytes a number, so that memory stays flat.

    Args:
        styles: How each class of the cell model is drawn.
    """

    def __init__(self, styles: Mapping[str, Style]) -> None:
        self._styles = styles
        self._by_unit: dict[str, dict[str, _Column]] = {unit: defaultdict(_Column) for _, unit in _AREAS}
        self._cells = 0

    def add(self, image: ImageDocument) -> None:
        """Take the cells of one picture; those with a doubtful outline are only counted."""
        for cell in image.cells:
            self._cells += 1
            if cell.morphology is not None and not cell.morphology.note:
                self._take(cell)

    def charts(self) -> CellCharts | None:
        """The charts of all cells taken; None where too few were measured."""
        for unit, columns in self._by_unit.items():
            measured = sum(len(one.areas) for one in columns.values())
            if measured >= FEWEST:
                return CellCharts(tuple(self._charts(unit, columns)), self._note(unit, columns))
        return None

    def _take(self, cell: CellDocument) -> None:
        ratio = cell.features.get(_RATIO)
        area, unit = next(((cell.features[name], unit) for name, unit in _AREAS if name in cell.features), (None, ""))
        if area is None or ratio is None:
            return
        label = _UNNAMED if cell.label is None else UNCERTAIN if cell.uncertain else cell.label
        column = self._by_unit[unit][label]
        column.areas.append(area)
        column.ratios.append(ratio)

    def _charts(self, unit: str, columns: Mapping[str, _Column]) -> list[Chart]:
        areas = [value for one in columns.values() for value in one.areas]
        points = [
            self._points(name, columns[name], _step(columns, columns[name]))
            for name in (*self._styles, _UNNAMED)
            if name in columns
        ]
        label = f"nucleus area ({unit})"
        return [
            histogram(areas, "Nucleus area", label),
            histogram(self._ratios(), "N:C", "N:C (nucleus area over cell area)", limits=(0.0, 1.0)),
            scatter(points, "N:C against nucleus area", label, "N:C", (0.0, 1.0)),
        ]

    def _ratios(self) -> list[float]:
        """Of all cells measured: a ratio needs no pixel size."""
        return [value for columns in self._by_unit.values() for one in columns.values() for value in one.ratios]

    def _points(self, name: str, column: _Column, step: int) -> Points:
        drawn = column.areas[::step], column.ratios[::step]
        return Points(self._title(name), self._color(name), *drawn, cells=len(column.areas))

    def _note(self, unit: str, columns: Mapping[str, _Column]) -> str:
        measured = sum(len(one.areas) for one in columns.values())
        told = f"{measured} of {plural(self._cells, 'cell')}: those that are whole in their picture and were outlined"
        step = max(_step(columns, one) for one in columns.values())
        drawn = f" Marks are drawn of one cell in {step} of the large classes." if step > 1 else ""
        if unit == "px²":
            return f"{told}. The pixel size is not known: areas of pictures of another magnification differ.{drawn}"
        every = len(self._ratios())
        ratios = f" The N:C by itself is shown of {every} cells, whatever their pixel size." if every > measured else ""
        return f"{told}, and whose pixel size is known.{ratios}{drawn}"

    def _title(self, name: str) -> str:
        return self._styles[name].title if name in self._styles else "Not named"

    def _color(self, name: str) -> str:
        return self._styles[name].color if name in self._styles else "#0072b2"


def _step(columns: Mapping[str, _Column], column: _Column) -> int:
    """Of how many cells of a class one is drawn; the classes that are thinned share what the small ones leave."""
    sizes = [len(one.areas) for one in columns.values()]
    if sum(sizes) <= MOST_MARKS or len(column.areas) <= _FEW_MARKS:
        return 1
    large = sum(size for size in sizes if size > _FEW_MARKS)
    return max(1, math.ceil(large / max(1, MOST_MARKS - (sum(sizes) - large))))

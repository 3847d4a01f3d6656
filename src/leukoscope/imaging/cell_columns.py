"""Which numbers does a cell give a model?  Outlined, brought to one pixel size, measured, in the order of columns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.images import Pixels, PixelSize
from leukoscope.domain.regions import Box, Outline
from leukoscope.errors import InvalidValueError
from leukoscope.imaging.measurements import MEASUREMENTS, measure_cell
from leukoscope.imaging.outlining import WAYS, outliner

Floats = NDArray[np.float64]

DEFINITIONS = "2"
"""Version of what the names mean, to be raised when a measurement or a way of outlining comes to mean something else;
where that was forgotten, the drawn cells in a bundle's golden samples tell (`leukoscope model verify`)."""

_SAME_SCALE = 0.03
"""Relative difference of two pixel sizes that is not worth a resampling."""
_AROUND = 0.25
"""How far pixels are kept around a cell that is brought to another size, as a share of its longer side."""


@dataclass(frozen=True, slots=True)
class MeasuringWay:
    """How cells are prepared before they are measured.

    Attributes:
        outlining: Which way draws the masks; a name of `imaging.outlining`.
        pixel_size_um: Pixel size that cells are brought to where that of the picture is known; None for as they are.

    Raises:
        InvalidValueError: There is no such way of outlining.
    """

    outlining: str
    pixel_size_um: float | None = None

    def __post_init__(self) -> None:
        if self.outlining not in WAYS:
            raise InvalidValueError(
                f"There is no way of outlining called {self.outlining!r}.", hint=f"Known: {', '.join(WAYS)}."
            )


def measure_boxes(
    pixels: Pixels, boxes: Sequence[Box], way: MeasuringWay, pixel_size: PixelSize | None = None
) -> list[Mapping[str, float]]:
    """Measure the cell in each box.

    Args:
        pixels: The picture.
        boxes: Cells.
        way: How they are prepared.
        pixel_size: Size of the picture's pixels; where nobody knows it, it is taken as that of the way.

    Returns:
        Values by name for each box, in order; empty where no cell was found in it.
    """
    drawn = outliner(way.outlining).outline(pixels, boxes)
    factor = _factor(way, pixel_size)
    return [{} if masks is None else _measured(pixels, masks, factor) for masks in drawn]


def columns_by_topic() -> Mapping[str, tuple[str, ...]]:
    """Names of the columns there are, by what they are about; lengths and areas in pixels of the size brought to."""
    found: dict[str, tuple[str, ...]] = {}
    for one in MEASUREMENTS:
        found[one.topic] = (*found.get(one.topic, ()), one.columns[0][0])
    return found


def as_rows(measured: Sequence[Mapping[str, float]], columns: Sequence[str]) -> Floats:
    """Values in the order of columns, shape (cells, columns); NaN where something could not be measured.

    Example:
        >>> as_rows([{"area_px": 4.0}, {}], ["area_px"]).tolist()
        [[4.0], [nan]]
    """
    rows = [[one.get(name, math.nan) for name in columns] for one in measured]
    table = np.array(rows, dtype=np.float64).reshape(len(measured), len(columns))
    table[~np.isfinite(table)] = np.nan
    return table


def _factor(way: MeasuringWay, pixel_size: PixelSize | None) -> float:
    if way.pixel_size_um is None or pixel_size is None:
        return 1.0
    factor = pixel_size.um / way.pixel_size_um
    return 1.0 if abs(math.log(factor)) < _SAME_SCALE else factor


def _measured(pixels: Pixels, masks: CellMasks, factor: float) -> Mapping[str, float]:
    if factor == 1:
        return measure_cell(pixels, masks, None)
    return measure_cell(*_brought_to_size(pixels, masks, factor), None)


def _brought_to_size(pixels: Pixels, masks: CellMasks, factor: float) -> tuple[Pixels, CellMasks]:
    """The surroundings of a cell and its masks, larger by a factor."""
    window, (height, width) = masks.window, pixels.shape[:2]
    margin = math.ceil(_AROUND * max(window.width, window.height))
    x0, y0 = max(0, masks.left - margin), max(0, masks.top - margin)
    x1, y1 = min(width, int(window.x1) + margin), min(height, int(window.y1) + margin)
    size = (max(1, round((x1 - x0) * factor)), max(1, round((y1 - y0) * factor)))
    scale = (size[0] / (x1 - x0), size[1] / (y1 - y0))

    def enlarged(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        whole = np.zeros((y1 - y0, x1 - x0), np.float32)
        top, left = masks.top - y0, masks.left - x0
        whole[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
        return np.asarray(cv2.resize(whole, size, interpolation=_method(factor)) >= 0.5)

    def moved(outline: Outline) -> Outline:
        return Outline(tuple(((x - x0) * scale[0], (y - y0) * scale[1]) for x, y in outline.points))

    cell, nucleus = enlarged(masks.cell), enlarged(masks.nucleus)
    if not cell.any():  # smaller than a pixel
        cell[size[1] // 2, size[0] // 2] = True
    part = cv2.resize(np.ascontiguousarray(pixels[y0:y1, x0:x1]), size, interpolation=_method(factor))
    outlines = tuple(moved(one) for one in masks.nucleus_outlines)
    return np.asarray(part, np.uint8), CellMasks(0, 0, cell, nucleus & cell, moved(masks.outline), outlines)


def _method(factor: float) -> int:
    return cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR

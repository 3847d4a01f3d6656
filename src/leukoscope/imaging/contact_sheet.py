"""Many small pictures on one sheet, in titled rows, with boxes and mask outlines drawn in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box
from leukoscope.errors import InvalidValueError
from leukoscope.imaging.drawing import shrink

_GAP = 6
_TITLE = 24
_PAPER = (250, 250, 250)
_INK = (40, 40, 40)
_BOX = (0, 150, 60)
_MASK = (235, 140, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One picture of a sheet, with what is marked in it.

    Attributes:
        pixels: The picture.
        boxes: In its pixels.
        mask: Same height and width; the borders of its gray levels are drawn.
    """

    pixels: Pixels
    boxes: tuple[Box, ...] = ()
    mask: Pixels | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SheetRow:
    """A row of a sheet."""

    title: str
    tiles: tuple[Tile, ...]


def contact_sheet(rows: Sequence[SheetRow], side: int = 160) -> Pixels:
    """Draw a sheet.

    Args:
        rows: From top to bottom.
        side: Longest side a picture is shown at, in pixels.

    Raises:
        InvalidValueError: There is nothing to draw.
    """
    columns = max((len(row.tiles) for row in rows), default=0)
    if not columns:
        raise InvalidValueError("A sheet needs at least one picture.")
    height = len(rows) * (_TITLE + side + _GAP) + _GAP
    sheet = np.full((height, max(columns * (side + _GAP) + _GAP, 480), 3), _PAPER, np.uint8)
    for index, row in enumerate(rows):
        top = _GAP + index * (_TITLE + side + _GAP)
        place = (_GAP, top + _TITLE - 8)
        cv2.putText(sheet, row.title, place, cv2.FONT_HERSHEY_SIMPLEX, 0.48, _INK, 1, cv2.LINE_AA)
        for column, tile in enumerate(row.tiles):
            small = shrink(_marked(tile), side)
            left = _GAP + column * (side + _GAP)
            sheet[top + _TITLE : top + _TITLE + small.shape[0], left : left + small.shape[1]] = small
    return sheet


def _marked(tile: Tile) -> Pixels:
    """Drawn at full size, thick enough to survive the shrinking."""
    drawn = np.ascontiguousarray(tile.pixels).copy()
    thick = max(1, round(max(drawn.shape[:2]) / 160))
    if tile.mask is not None:
        for level in np.unique(tile.mask[..., 0])[1:]:
            part = np.asarray(tile.mask[..., 0] >= level, np.uint8)
            borders = cv2.findContours(part, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)[0]
            cv2.drawContours(drawn, borders, -1, _MASK, thick)
    for box in tile.boxes:
        x0, y0, x1, y1 = (round(edge) for edge in box.as_list())
        cv2.rectangle(drawn, (x0, y0), (x1 - 1, y1 - 1), _BOX, thick)
    return drawn

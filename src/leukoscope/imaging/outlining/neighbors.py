"""Has an outline taken in a neighbor?  It then leaves the box of its cell in an arm, and is cut where the box ends."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.regions import Box, Outline

Floats = NDArray[np.float32]

_ROOM = 0.05
"""How far a cell may reach beyond its box, as a share of the box's sides."""
_BEYOND = 0.03
"""Share of a cell that has to lie farther out."""
_DENTED = 0.93
"""Solidity below which the outline is one with an arm; whole cells whose box was too tight have 0.95 and more."""


def took_in_a_neighbor(masks: CellMasks, box: Box) -> bool:
    """Whether a cell leaves its box in an arm, as where it took in a red cell that touches.

    A round cell that leaves its box was given too tight a box, and is believed.

    Args:
        masks: The cell as it was outlined.
        box: The box it was asked for by.
    """
    room = with_room(box)
    inside = masks.cell & _within(room, masks.cell.shape, masks.left, masks.top)
    if inside.sum() >= (1 - _BEYOND) * masks.cell.sum():
        return False
    return _solidity(masks.outline) < _DENTED


def with_room(box: Box) -> Box:
    """The box and a little around it, in which its cell may lie.

    Example:
        >>> with_room(Box(10, 10, 50, 30)).as_list()
        [8.0, 9.0, 52.0, 31.0]
    """
    x, y = _ROOM * box.width, _ROOM * box.height
    return Box(box.x0 - x, box.y0 - y, box.x1 + x, box.y1 + y)


def nothing_beyond(soft: Floats, box: Box, left: int, top: int) -> Floats:
    """A map that is 0 beyond a box.

    Args:
        soft: Map of a part of the picture, shape (rows, columns).
        box: In pixels of the picture.
        left: First column of the map in the picture.
        top: First row.
    """
    return np.asarray(soft * _within(box, soft.shape, left, top), np.float32)


def _within(box: Box, shape: tuple[int, ...], left: int, top: int) -> NDArray[np.bool_]:
    """Which centers of pixels lie in a box."""
    x, y = np.arange(shape[1]) + left + 0.5, np.arange(shape[0]) + top + 0.5
    return np.asarray(((y >= box.y0) & (y <= box.y1))[:, None] & ((x >= box.x0) & (x <= box.x1))[None], np.bool_)


def _solidity(outline: Outline) -> float:
    points = np.array(outline.points, np.float32)[:, None]
    whole = float(cv2.contourArea(cv2.convexHull(points)))
    return float(cv2.contourArea(points)) / whole if whole else 1.0

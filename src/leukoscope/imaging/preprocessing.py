"""From a picture to what a network sees: the ONE copy, used by training and by inference.

Scaling to [0, 1] and normalization live inside the exported graph, so all that is left is a window and a resize.
"""

from __future__ import annotations

import cv2
import numpy as np

from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box, Outline
from leukoscope.domain.views import CellView

_FINER = 4
"""Pixels of the drawn outline to one of the picture, along each side."""


def show_cell(pixels: Pixels, box: Box, outline: Outline | None, view: CellView) -> tuple[Pixels, Box]:
    """One cell as a network is to see it, and the window it was cut from.

    On black the window is centered on the cell and may reach past the picture, where it is black too; otherwise it is
    moved inside.

    Args:
        pixels: The picture.
        box: The cell.
        outline: Its border; on black, a cell without one keeps everything inside its box.
        view: How to show it.
    """
    if view.background == "kept":
        window = square_window(box, view.margin, pixels.shape[1], pixels.shape[0])
        return resize(cut(pixels, window), view.width, view.height), window
    window = _centered(box, view.margin)
    return resize(_cut_on_black(pixels, box, outline, window), view.width, view.height), window


def _centered(box: Box, margin: float) -> Box:
    side = max(1, round(max(box.width, box.height) * margin))
    left, top = round(box.center[0] - side / 2), round(box.center[1] - side / 2)
    return Box(left, top, left + side, top + side)


def _cut_on_black(pixels: Pixels, box: Box, outline: Outline | None, window: Box) -> Pixels:
    left, top, side = int(window.x0), int(window.y0), int(window.width)
    border = outline.points if outline else ((box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1))
    # OpenCV also fills every pixel a border only touches; drawn finer and averaged, half a pixel decides.
    fine = np.zeros((side * _FINER, side * _FINER), np.uint8)
    cv2.fillPoly(fine, [np.round((np.array(border) - (left, top)) * _FINER - 0.5).astype(np.int32)], 255)
    inside = (cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA) > 127).astype(np.uint8)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + side, pixels.shape[1]), min(top + side, pixels.shape[0])
    shown = np.zeros((side, side, 3), np.uint8)
    if x1 > x0 and y1 > y0:
        part = inside[y0 - top : y1 - top, x0 - left : x1 - left, None]
        shown[y0 - top : y1 - top, x0 - left : x1 - left] = pixels[y0:y1, x0:x1] * part
    return shown


def square_window(box: Box, margin: float, width: int, height: int) -> Box:
    """The square a cell is shown in: `margin` x the longer side of its box, moved inside the picture.

    The square is never larger than the picture's shorter side. This is how the crops of `pbc-crops` were cut.

    Args:
        box: The cell.
        margin: Side of the square over the longer side of the box, at least 1.
        width: Picture width in pixels.
        height: Picture height in pixels.

    Returns:
        A square with whole-pixel corners inside the picture.

    Example:
        >>> square_window(Box(0, 0, 80, 60), 1.25, 640, 480).as_list()
        [0, 0, 100, 100]
    """
    side = max(1, min(round(max(box.width, box.height) * margin), width, height))
    center_x, center_y = box.center
    left = min(max(round(center_x - side / 2), 0), width - side)
    top = min(max(round(center_y - side / 2), 0), height - side)
    return Box(left, top, left + side, top + side)


def cut(pixels: Pixels, window: Box) -> Pixels:
    """The part of a picture inside a window with whole-pixel corners, as a contiguous copy."""
    part = pixels[int(window.y0) : int(window.y1), int(window.x0) : int(window.x1)]
    return np.ascontiguousarray(part)


def resize(pixels: Pixels, width: int, height: int) -> Pixels:
    """A picture at another size: area averaging where it shrinks, cubic where it grows."""
    if pixels.shape[1] == width and pixels.shape[0] == height:
        return np.ascontiguousarray(pixels)
    shrinks = width * height < pixels.shape[0] * pixels.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(pixels), (width, height), interpolation=method), dtype=np.uint8)

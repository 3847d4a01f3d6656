"""How does a segmenter see a cell?  A square window around its box, the cell in the middle, always at one size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box
from leukoscope.imaging.outlining.window import Floats, put_on_glass


@dataclass(frozen=True, slots=True)
class Square:
    """Where a square window lies; it may reach beyond the picture.

    Attributes:
        left: First column in the picture, may be negative.
        top: First row, may be negative.
        side: Columns and rows.
    """

    left: int
    top: int
    side: int


def square_around(box: Box, margin: float) -> Square:
    """The square around the middle of a box.

    Args:
        box: A box in pixels of the picture.
        margin: Side of the square over the longer side of the box.

    Example:
        >>> square_around(Box(10, 10, 30, 20), 1.5)
        Square(left=5, top=0, side=30)
    """
    side = max(1, round(margin * max(box.width, box.height)))
    x, y = box.center
    return Square(round(x - side / 2), round(y - side / 2), side)


def cut_square(pixels: Pixels, square: Square, size: int, glass: Pixels) -> Pixels:
    """The window at the size a network takes; beyond the picture there is glass, and so is the black of a cut-out.

    Args:
        pixels: The whole picture.
        square: Where the window lies.
        size: Height and width of the result.
        glass: Color of empty glass, shape (3,).
    """
    return _resized(_placed(pixels, square, glass, on_glass=True), size)


def cut_mask(mask: NDArray[np.bool_], square: Square, size: int) -> NDArray[np.uint8]:
    """The same window of a mask, its edges smooth: 0 to 255, 0 beyond the picture."""
    return _resized(_placed(mask.astype(np.uint8) * 255, square, np.zeros(1, np.uint8), on_glass=False), size)


def _placed(
    picture: NDArray[np.uint8], square: Square, fill: NDArray[np.uint8], *, on_glass: bool
) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    x0, y0 = max(0, square.left), max(0, square.top)
    x1, y1 = min(width, square.left + square.side), min(height, square.top + square.side)
    window = np.empty((square.side, square.side, *picture.shape[2:]), np.uint8)
    window[:] = fill
    if x1 > x0 and y1 > y0:
        part = np.ascontiguousarray(picture[y0:y1, x0:x1])
        inside = np.s_[y0 - square.top : y1 - square.top, x0 - square.left : x1 - square.left]
        window[inside] = put_on_glass(part)[0] if on_glass else part
    return window


def _resized(window: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    method = cv2.INTER_AREA if len(window) > size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(window, (size, size), interpolation=method), np.uint8)


def back_in_picture(soft: Floats, square: Square, width: int, height: int) -> tuple[Floats, int, int] | None:
    """A map of the window at the picture's resolution, cut to the picture, with its first column and row.

    Args:
        soft: Map of the window, any size.
        square: Where the window lies.
        width: Width of the picture.
        height: Height of the picture.

    Returns:
        None where the window lies beside the picture.
    """
    x0, y0 = max(0, square.left), max(0, square.top)
    x1, y1 = min(width, square.left + square.side), min(height, square.top + square.side)
    if x1 <= x0 or y1 <= y0:
        return None
    whole = np.asarray(cv2.resize(soft, (square.side, square.side), interpolation=cv2.INTER_LINEAR), np.float32)
    return whole[y0 - square.top : y1 - square.top, x0 - square.left : x1 - square.left], x0, y0

"""From a picture to what a network sees: the ONE copy, used by training and by inference.

Scaling to [0, 1] and normalization live inside the exported graph, so all that is left is a window and a resize.
"""

from __future__ import annotations

import cv2
import numpy as np

from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box


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

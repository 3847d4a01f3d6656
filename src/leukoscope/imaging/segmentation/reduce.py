"""Smaller copies of large pictures, without ever copying the large one."""

from __future__ import annotations

import cv2
import numpy as np

from leukoscope.domain.images import Pixels

_STRIP_PIXELS = 4_000_000


def reduce_by(pixels: Pixels, step: int) -> Pixels:
    """The picture `step` times smaller, each pixel the mean of `step` x `step`; the remainder at the edges is dropped.

    Args:
        pixels: RGB picture, may be a strided view.
        step: Whole number, at least 1; a side shorter than `step` is averaged to one pixel.

    Example:
        >>> reduce_by(np.zeros((5, 9, 3), np.uint8), 2).shape
        (2, 4, 3)
    """
    down, across = min(step, pixels.shape[0]), min(step, pixels.shape[1])
    rows, columns = pixels.shape[0] // down, pixels.shape[1] // across
    if down == across == 1:
        return np.ascontiguousarray(pixels)
    small = np.empty((rows, columns, 3), np.uint8)
    strip = max(1, _STRIP_PIXELS // (down * across * columns))
    for top in range(0, rows, strip):
        bottom = min(rows, top + strip)
        part = np.ascontiguousarray(pixels[top * down : bottom * down, : columns * across])
        cv2.resize(part, (columns, bottom - top), dst=small[top:bottom], interpolation=cv2.INTER_AREA)
    return small

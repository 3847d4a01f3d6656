"""Outlines as a picture of numbers: 0 is background, each cell has its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.regions import Outline
from leukoscope.errors import InvalidValueError

LabelImage = NDArray[np.uint8] | NDArray[np.uint16]

_MOST = 65_535
_HAIR = 1e-6


def label_image(outlines: Mapping[int, Sequence[Outline]], width: int, height: int) -> LabelImage:
    """Paint outlines as numbers; where two overlap, the higher number is on top.

    A polygon within another one of its number is a hole in it, and one within that an island, and so on.

    Args:
        outlines: Closed polygons of each number, in pixels.
        width: Of the picture.
        height: Of the picture.

    Returns:
        8 bits up to number 255, else 16 bits.

    Raises:
        InvalidValueError: A number is below 1 or does not fit into 16 bits.

    Example:
        >>> square = Outline(((1, 1), (3, 1), (3, 3), (1, 3)))
        >>> label_image({7: [square]}, 4, 4).tolist()
        [[0, 0, 0, 0], [0, 7, 7, 0], [0, 7, 7, 0], [0, 0, 0, 0]]
    """
    highest, lowest = max(outlines, default=0), min(outlines, default=1)
    if lowest < 1 or highest > _MOST:
        raise InvalidValueError(f"Numbers of cells lie between 1 and {_MOST}, got {lowest} to {highest}.")
    painted = np.zeros((height, width), np.uint8 if highest <= 255 else np.uint16)
    for number, polygons in sorted(outlines.items()):
        _paint(painted, polygons, number)
    return painted


def label_png(painted: LabelImage) -> bytes:
    """A picture of numbers as PNG, gray, of 8 or 16 bits; numbers are kept as they are."""
    done, content = cv2.imencode(".png", painted)
    if not done:
        raise InvalidValueError(f"A picture of {painted.shape} cannot be encoded as PNG.")
    return content.tobytes()


def _paint(painted: LabelImage, polygons: Sequence[Outline], number: int) -> None:
    """Pixels whose center lies within the polygons; a center on a left or upper edge does, too, as in a box."""
    if not polygons:
        return
    # The centers of pixels are whole numbers here.
    rings = [np.array(polygon.points, np.float64) - 0.5 - _HAIR for polygon in polygons]
    left, top = np.floor(np.min([ring.min(axis=0) for ring in rings], axis=0)).astype(int) - 1
    right, bottom = np.ceil(np.max([ring.max(axis=0) for ring in rings], axis=0)).astype(int) + 2
    left, top = max(0, int(left)), max(0, int(top))
    right, bottom = min(painted.shape[1], int(right)), min(painted.shape[0], int(bottom))
    if right <= left or bottom <= top:
        return
    from skimage.draw import polygon2mask

    shape = (bottom - top, right - left)
    inside = np.zeros(shape, np.bool_)
    for ring in rings:
        inside ^= polygon2mask(shape, ring[:, ::-1] - (top, left))
    painted[top:bottom, left:right][inside] = number

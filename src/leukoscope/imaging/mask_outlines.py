"""Which connected pieces does a mask hold, and where do their edges run?"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.regions import Box

OFF_PX = 0.75
"""How far an outline may run beside the steps of the pixels; with less, every step stays."""


@dataclass(frozen=True, slots=True)
class MaskPiece:
    """A connected piece of a mask.

    Attributes:
        box: The pixels it covers.
        outline: Corners of a polygon around it, x and y in pixels, through the edges of the pixels.
        holes: How many holes the outline does not tell.
    """

    box: Box
    outline: tuple[tuple[float, float], ...]
    holes: int


def outline_mask(mask: NDArray[np.bool_], *, smallest_px: float = 10) -> tuple[MaskPiece, ...]:
    """The pieces of a mask from top to bottom; pieces that touch at a corner are one.

    Args:
        mask: True inside, shape (height, width).
        smallest_px: Area inside the outline below which a piece is taken for dirt, in pixels.

    Example:
        >>> mask = np.zeros((20, 30), dtype=bool)
        >>> mask[5:15, 10:30] = True
        >>> [piece.box.as_list() for piece in outline_mask(mask)]
        [[10.0, 5.0, 30.0, 15.0]]
    """
    contours, order = cv2.findContours(_lattice(mask), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if order is None:
        return ()
    parents = order[0][:, 3]
    pieces = [
        _piece(np.asarray(contour, np.int32), int((parents == place).sum()))
        for place, contour in enumerate(contours)
        if parents[place] < 0 and cv2.contourArea(contour) / 4 >= smallest_px
    ]
    return tuple(sorted(pieces, key=lambda piece: (piece.box.y0, piece.box.x0)))


def _lattice(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Pixels as squares between the points of a grid twice as fine, so that contours run along their edges.

    OpenCV's contours run through the centers of pixels, which would take half a pixel away all around.
    """
    fine = np.zeros((2 * mask.shape[0] + 1, 2 * mask.shape[1] + 1), dtype=np.uint8)
    fine[1::2, 1::2] = mask
    return np.asarray(cv2.dilate(fine, np.ones((3, 3), dtype=np.uint8)), dtype=np.uint8)


def _piece(contour: NDArray[np.int32], holes: int) -> MaskPiece:
    x, y, width, height = cv2.boundingRect(contour)  # in points of the grid, the last one counted
    smooth = cv2.approxPolyDP(contour, 2 * OFF_PX, closed=True)
    if len(smooth) < 3:
        smooth = contour
    points = smooth[:, 0, :] / 2
    box = Box(x / 2, y / 2, (x + width - 1) / 2, (y + height - 1) / 2)
    return MaskPiece(box, tuple((float(one), float(other)) for one, other in points), holes)

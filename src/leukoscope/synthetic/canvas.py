"""WHAT LIES ON THE GLASS?  Painted objects gathered into one sheet of absorbance with their labels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.regions import Box, Outline
from leukoscope.errors import InvalidValueError
from leukoscope.synthetic.cells import PaintedCell
from leukoscope.synthetic.shapes import Patch
from leukoscope.synthetic.texture import Floats

Labels = NDArray[np.int32]

_PRESSED_THIN = 0.4
"""Share of its absorbance that an object loses where it lies over another."""


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """The glass while it is painted on.

    Attributes:
        absorbance: Natural-log optical density, shape (height, width, 3).
        covered: Share of each pixel under white cells, shape (height, width).
        stacked: Share of each pixel under red cells and platelets, shape (height, width).
        cell_labels: 0 or the number of the white cell, shape (height, width).
        nucleus_labels: The same for nuclei.
    """

    absorbance: Floats
    covered: Floats
    stacked: Floats
    cell_labels: Labels
    nucleus_labels: Labels

    @classmethod
    def empty(cls, height: int, width: int) -> Canvas:
        """Clean glass."""
        shape = (height, width)
        return cls(
            np.zeros((*shape, 3), np.float32),
            np.zeros(shape, np.float32),
            np.zeros(shape, np.float32),
            np.zeros(shape, np.int32),
            np.zeros(shape, np.int32),
        )

    def add_white_cell(self, number: int, painted: PaintedCell, patch: Patch) -> tuple[NDArray[np.bool_], int, int]:
        """Paint a white cell; where another already lies, that one keeps its pixels.

        Returns:
            The pixels of the cell within its window, and the window's left and top in the picture.
        """
        on_glass, on_patch = _shared(patch, self.covered.shape)
        free = 1 - self.covered[on_glass]
        self.absorbance[on_glass] += painted.absorbance[on_patch] * free[..., None]
        self.covered[on_glass] += painted.cell[on_patch] * free
        own = (painted.cell[on_patch] >= 0.5) & (self.cell_labels[on_glass] == 0)
        self.cell_labels[on_glass][own] = number
        self.nucleus_labels[on_glass][own & (painted.nucleus[on_patch] >= 0.5)] = number
        return own, on_glass[1].start, on_glass[0].start

    def add_under(self, cover: Floats, absorbance: Floats, patch: Patch) -> Box:
        """Paint a red cell or platelet under the white cells; the box of what is seen of it.

        Where red cells overlap they press each other thin: the second adds less than it would alone.

        Raises:
            InvalidValueError: Nothing of it is seen.
        """
        self.add(cover, absorbance, patch)
        on_glass, on_patch = _shared(patch, self.covered.shape)
        seen = (cover[on_patch] >= 0.5) & (self.cell_labels[on_glass] == 0)
        return box_of(seen, left=on_glass[1].start, top=on_glass[0].start)

    def add(self, cover: Floats, absorbance: Floats, patch: Patch) -> None:
        """Paint something under the white cells that nobody asks about."""
        on_glass, on_patch = _shared(patch, self.covered.shape)
        free = (1 - self.covered[on_glass]) * (1 - _PRESSED_THIN * self.stacked[on_glass])
        self.absorbance[on_glass] += absorbance[on_patch] * free[..., None]
        np.maximum(self.stacked[on_glass], cover[on_patch], out=self.stacked[on_glass])

    def hides(self, center_um: tuple[float, float], pixel_size_um: float) -> bool:
        """Whether the point of the picture nearest to a center lies under a white cell."""
        height, width = self.cell_labels.shape
        column = min(max(int(center_um[0] / pixel_size_um), 0), width - 1)
        row = min(max(int(center_um[1] / pixel_size_um), 0), height - 1)
        return bool(self.cell_labels[row, column])


def box_of(mask: NDArray[np.bool_], *, left: int = 0, top: int = 0) -> Box:
    """The smallest box around the pixels of a mask.

    Raises:
        InvalidValueError: The mask is empty.

    Example:
        >>> box_of(np.eye(3, dtype=bool), left=10)
        Box(x0=10.0, y0=0.0, x1=13.0, y1=3.0)
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        raise InvalidValueError("There is no pixel to put a box around.", hint="Ask for a smaller pixel size.")
    return Box(float(left + columns[0]), float(top + rows[0]), float(left + columns[-1] + 1), float(top + rows[-1] + 1))


def outline_of(mask: NDArray[np.bool_], *, left: int, top: int) -> Outline:
    """The border of the largest part of a mask, through the centers of its border pixels."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = max(contours, key=cv2.contourArea)[:, 0, :]
    return Outline(tuple((float(x + left + 0.5), float(y + top + 0.5)) for x, y in largest.tolist()))


def _shared(patch: Patch, shape: tuple[int, ...]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where a window and the picture meet: slices of the picture and of the window (empty where they do not)."""
    on_glass, on_patch = [], []
    for start, length, limit in zip((patch.top, patch.left), patch.x.shape, shape, strict=False):
        first, last = min(max(start, 0), limit), min(max(start + length, 0), limit)
        on_glass.append(slice(first, last))
        on_patch.append(slice(first - start, last - start))
    return (on_glass[0], on_glass[1]), (on_patch[0], on_patch[1])

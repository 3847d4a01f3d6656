"""Which pixels are nucleus and which are cell: masks of one cell in a window of its picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.regions import Box, Outline
from leukoscope.errors import InvalidValueError

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class CellMasks:
    """One nucleated cell, pixel by pixel, at the resolution of the picture.

    Attributes:
        left: First column of the window in the picture, at least 0.
        top: First row of the window in the picture, at least 0.
        cell: True in the cell, nucleus included, shape (rows, columns) of the window.
        nucleus: True in the nucleus, all lobes, same shape; lies within the cell and may be empty.
        outline: Border of the cell in pixels of the picture, finer than a pixel where the method allows.
        nucleus_outlines: Borders of the lobes that do not touch, in pixels of the picture; empty without nucleus.
        nucleus_holes: Borders of holes in the lobes, as in a nucleus bent to a ring; the smallest are left out.

    Raises:
        InvalidValueError: The masks differ in shape, the cell is empty, or nucleus lies outside of it.

    Example:
        >>> cell = np.ones((3, 3), dtype=bool)
        >>> corners = Outline(((4, 2), (7, 2), (7, 5), (4, 5)))
        >>> CellMasks(4, 2, cell, np.eye(3, dtype=bool), corners, ()).window.as_list()
        [4, 2, 7, 5]
    """

    left: int
    top: int
    cell: Bools
    nucleus: Bools
    outline: Outline
    nucleus_outlines: tuple[Outline, ...]
    nucleus_holes: tuple[Outline, ...] = ()

    def __post_init__(self) -> None:
        if self.cell.ndim != 2 or self.cell.shape != self.nucleus.shape:
            raise InvalidValueError(f"Masks must agree in shape, got {self.cell.shape} and {self.nucleus.shape}.")
        if self.left < 0 or self.top < 0:
            raise InvalidValueError(f"A window begins inside its picture, got {self.left}, {self.top}.")
        if not self.cell.any():
            raise InvalidValueError("A cell needs at least one pixel.")
        if (self.nucleus & ~self.cell).any():
            raise InvalidValueError("A nucleus lies within its cell.")

    @property
    def window(self) -> Box:
        """The part of the picture that the masks cover."""
        rows, columns = self.cell.shape
        return Box(self.left, self.top, self.left + columns, self.top + rows)

    @property
    def extent(self) -> Box:
        """The box of the cell's own pixels, which the window may surpass."""
        rows, columns = (np.flatnonzero(self.cell.any(axis=axis)) for axis in (1, 0))
        left, top = float(self.left), float(self.top)
        return Box(left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1)

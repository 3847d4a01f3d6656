"""WHAT WAS DRAWN?  A synthetic picture with the truth about every cell in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box, Outline
from leukoscope.synthetic.canvas import Labels


@dataclass(frozen=True, slots=True)
class SyntheticCell:
    """A white cell as drawn.

    Attributes:
        label: Its class, a key of `KINDS`.
        box: Box of its pixels.
        outline: Border of its pixels.
        diameter_um: Diameter of the circle of its area.
        nucleus_lobes: Number of lobes of its nucleus.
    """

    label: str
    box: Box
    outline: Outline
    diameter_um: float
    nucleus_lobes: int


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticField:
    """A drawn field and the truth about it.

    Attributes:
        pixels: RGB picture.
        cells: White (nucleated) cells; number i of the label images is `cells[i - 1]`.
        cell_labels: int32, shape (height, width): 0 or the number of the white cell.
        nucleus_labels: int32, shape (height, width): 0 or the number of the cell whose nucleus it is.
        red_cells: Box of the visible part of each red cell.
        platelets: Box of the visible part of each platelet.
        pixel_size_um: Edge length of a pixel.
    """

    pixels: Pixels
    cells: tuple[SyntheticCell, ...]
    cell_labels: Labels
    nucleus_labels: Labels
    red_cells: tuple[Box, ...]
    platelets: tuple[Box, ...]
    pixel_size_um: float

    @property
    def counts(self) -> dict[str, int]:
        """White cells by class."""
        return dict(Counter(cell.label for cell in self.cells))


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticCellImage:
    """A drawn crop of one white cell and the truth about it.

    Attributes:
        pixels: RGB picture, `side` pixels square.
        cell: The cell in the middle.
        cell_mask: Its pixels, bool, shape (side, side).
        nucleus_mask: Those of its nucleus.
        pixel_size_um: Edge length of a pixel.
    """

    pixels: Pixels
    cell: SyntheticCell
    cell_mask: NDArray[np.bool_]
    nucleus_mask: NDArray[np.bool_]
    pixel_size_um: float

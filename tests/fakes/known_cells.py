"""Masks and cells whose measures are known."""

from __future__ import annotations

import numpy as np

from leukoscope.domain.cell_masks import Bools, CellMasks
from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Outline
from leukoscope.synthetic import SyntheticCellImage

SQUARE = Outline(((0, 0), (1, 0), (1, 1), (0, 1)))
"""No measurement looks at the outline."""


def ellipse(
    side: int, half_axes: tuple[float, float], *, angle: float = 0.0, center: tuple[float, float] | None = None
) -> Bools:
    x0, y0 = (side / 2, side / 2) if center is None else center
    x, y = np.meshgrid(np.arange(side) + 0.5 - x0, np.arange(side) + 0.5 - y0)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return np.asarray((along / half_axes[0]) ** 2 + (across / half_axes[1]) ** 2 <= 1)


def disk(side: int, radius: float, *, center: tuple[float, float] | None = None) -> Bools:
    return ellipse(side, (radius, radius), center=center)


def masks(cell: Bools, nucleus: Bools | None = None, *, left: int = 0, top: int = 0) -> CellMasks:
    return CellMasks(left, top, cell, np.zeros_like(cell) if nucleus is None else nucleus & cell, SQUARE, ())


def masks_of(drawn: SyntheticCellImage) -> CellMasks:
    rows, columns = (np.flatnonzero(drawn.cell_mask.any(axis=axis)) for axis in (1, 0))
    top, left, bottom, right = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
    window = np.s_[top:bottom, left:right]
    return masks(drawn.cell_mask[window], drawn.nucleus_mask[window], left=int(left), top=int(top))


def picture_of(cell: Bools, nucleus: Bools | None = None) -> Pixels:
    """White glass, pale pink cytoplasm, purple nucleus."""
    pixels = np.full((*cell.shape, 3), 230, np.uint8)
    pixels[cell] = (215, 180, 200)
    if nucleus is not None:
        pixels[nucleus & cell] = (100, 60, 140)
    return pixels

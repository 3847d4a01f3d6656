"""What of the picture does a measurement look at?  The window of one cell, cut out and reckoned once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.cell_masks import Bools, CellMasks
from leukoscope.domain.images import Pixels
from leukoscope.imaging.color import Background, Floats, estimate_background, optical_density
from leukoscope.imaging.segmentation.cutout import cutout_mask

Window = tuple[slice, slice]

WORKING_DIAMETER = 120
"""Working pixels across the circle of the cell's area, in the copy in which texture, granules and spots are looked at.

It makes them comparable at any magnification. A cell of 12 micrometers then has 0.1 micrometers a pixel, as fine as
light resolves.
"""
_LARGEST_SIDE = 256
"""Working pixels; only a mask that is no cell (a scratch) is longer than this at the working diameter."""
_LOOKED_AT = 96
"""About as many rows and columns of the picture are asked for the color of the glass."""
_RIM = 0.02
"""Share of the cell's diameter beside its own and the nucleus's border that is blurred, hence left out of the core."""
_FEWEST = 25
"""Pixels of a core below which the whole region is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Nucleus or cytoplasm with what is looked at there.

    Attributes:
        mask: All of it, shape (rows, columns) of its copy.
        core: The same without its blurred rim; all of it where hardly anything would be left.
    """

    mask: Bools
    core: Bools


@dataclass(frozen=True, eq=False)
class CellView:
    """One cell as the measurements see it.

    Attributes:
        pixels: RGB in the window of the masks.
        cell: True in the cell.
        nucleus: True in the nucleus.
        glass: Color of empty glass in the whole picture.
    """

    pixels: Pixels
    cell: Bools
    nucleus: Bools
    glass: Background

    @classmethod
    def of(cls, picture: Pixels, masks: CellMasks, glass: Background | None = None) -> CellView:
        """The window of a cell; `masks` must lie inside the picture.

        Args:
            picture: The whole picture.
            masks: Cell and nucleus.
            glass: Color of empty glass; taken from the picture by default.
        """
        rows, columns = masks.cell.shape
        window = picture[masks.top : masks.top + rows, masks.left : masks.left + columns]
        return cls(np.ascontiguousarray(window), masks.cell, masks.nucleus, glass or glass_of(picture))

    @cached_property
    def diameter(self) -> float:
        """Diameter in pixels of the circle of the cell's area."""
        return math.sqrt(4 * np.count_nonzero(self.cell) / math.pi)

    @cached_property
    def working(self) -> WorkingCopy:
        """The cell brought to the working diameter."""
        return WorkingCopy.of(self)

    @cached_property
    def nucleus_region(self) -> Region:
        """The nucleus at the picture's own resolution."""
        return _region(self.nucleus, self.diameter)

    @cached_property
    def cytoplasm_region(self) -> Region:
        """The cytoplasm at the picture's own resolution."""
        return _region(self.cell & ~self.nucleus, self.diameter)


@dataclass(frozen=True, slots=True, eq=False)
class WorkingCopy:
    """A cell of `WORKING_DIAMETER`.

    Attributes:
        green: Natural-log absorbance of green, which nuclei and granules absorb most.
        nucleus: Where the nucleus is.
        cytoplasm: Where the cytoplasm is.
        scale: Working pixels per pixel of the picture.
    """

    green: Floats
    nucleus: Region
    cytoplasm: Region
    scale: float

    @classmethod
    def of(cls, view: CellView) -> WorkingCopy:
        """Reduced by averaging, enlarged by interpolation."""
        height, width = view.cell.shape
        scale = min(WORKING_DIAMETER / view.diameter, _LARGEST_SIDE / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        green = optical_density(view.pixels, view.glass)[..., 1]
        cell = _resized(view.cell, size, how)
        nucleus = _resized(view.nucleus, size, how) & cell
        diameter = scale * view.diameter
        resized = np.asarray(cv2.resize(green, size, interpolation=how), np.float32)
        return cls(resized, _region(nucleus, diameter), _region(cell & ~nucleus, diameter), scale)


def glass_of(picture: Pixels) -> Background:
    """Color of empty glass, from every n-th row and column; white where the cell is cut out on black.

    Example:
        >>> glass_of(np.full((600, 800, 3), 220, np.uint8))
        (220.0, 220.0, 220.0)
    """
    step = math.ceil(max(picture.shape[:2]) / _LOOKED_AT)
    seen = np.ascontiguousarray(picture[::step, ::step])
    # Of a cell cut out on black no glass shows, so the light was white.
    return estimate_background(seen) if cutout_mask(seen) is None else (255.0, 255.0, 255.0)


def _region(mask: Bools, diameter: float) -> Region:
    if not mask.any():
        return Region(mask, mask)
    rim = max(1, round(_RIM * diameter))
    core = cv2.erode(mask.astype(np.uint8), disk(rim), borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    return Region(mask, core if np.count_nonzero(core) >= _FEWEST else mask)


def blurred(picture: Floats, inside: Bools, width: float, window: Window = np.s_[:, :]) -> Floats:
    """Gaussian blur that sees only what is inside; pixels outside are meaningless.

    Args:
        picture: Shape (rows, columns).
        inside: Pixels that count.
        width: Standard deviation in pixels.
        window: The part that is asked for.
    """
    side = int(6 * width) | 1  # three standard deviations on each side; OpenCV would take four
    top, bottom, _ = window[0].indices(len(picture))
    near = np.s_[max(0, top - side // 2) : bottom + side // 2]  # of other rows nothing reaches into the window
    weights = inside[near].astype(np.float32)
    asked = np.s_[top - near.start : bottom - near.start, window[1]]
    told = cv2.GaussianBlur(picture[near] * weights, (side, side), width)[asked]
    shares = cv2.GaussianBlur(weights, (side, side), width)[asked]
    return np.asarray(told / np.maximum(shares, np.float32(1e-6)), np.float32)


def window_of(mask: Bools) -> Window:
    """The rows and columns that a mask covers, so that nothing is reckoned beside it; all of them where it is empty.

    Example:
        >>> mask = np.zeros((9, 9), dtype=bool)
        >>> mask[2:4, 5] = True
        >>> mask[window_of(mask)].shape
        (2, 1)
    """
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return np.s_[:, :]
    return np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def disk(radius: int) -> NDArray[np.uint8]:
    """Pixels within `radius` and a half of the middle one, 0 or 1.

    Example:
        >>> disk(1).tolist()
        [[1, 1, 1], [1, 1, 1], [1, 1, 1]]
    """
    across = np.arange(-radius, radius + 1)
    return (across[:, None] ** 2 + across**2 <= (radius + 0.5) ** 2).astype(np.uint8)


def _resized(mask: Bools, size: tuple[int, int], how: int) -> Bools:
    return np.asarray(cv2.resize(mask.astype(np.float32), size, interpolation=how) >= 0.5)

"""How large is a pixel?  Estimated from the red cells where no file says so."""

from __future__ import annotations

import numpy as np

from leukoscope.domain.images import Pixels, PixelSize
from leukoscope.imaging.color import purpleness
from leukoscope.imaging.segmentation.finder import yardstick_px
from leukoscope.imaging.segmentation.geometry import Frame
from leukoscope.imaging.segmentation.red_cells import red_cell_diameters
from leukoscope.imaging.segmentation.survey import Survey, nuclear_mask, smooth, survey

RED_CELL_DIAMETER_UM = 7.2
"""Median diameter of normal red cells on a smear (about 6.7 to 7.7 um; Bain, "Blood Cells: A Practical Guide")."""
MIN_RED_CELLS = 10
_RED_CELL_WIDTH = 36.0
"""Working pixels across a red cell: half a pixel of border is then about 1.4 %."""
_BORDER = 0.8
"""The rim of a cell fades over its last half micrometer; set on synthetic fields, whose diameters are known."""
_MAX_SIDE = 1000
"""Working pixels; of a larger picture its middle is measured."""


def estimate_pixel_size(pixels: Pixels, seen: Survey | None = None) -> PixelSize | None:
    """Pixel size from the free red cells, whose median diameter is taken as 7.2 um.

    Free means single, round, without nucleus and not cut by the edge. A patient with small or large red cells shifts
    the estimate by as much, so it is always marked "estimated".

    Args:
        pixels: RGB picture of a field; of a very large one the middle is measured.
        seen: What a survey of it told, where one was made already.

    Returns:
        The size, its source "estimated"; None below 10 free red cells.

    Example:
        >>> estimate_pixel_size(np.full((64, 64, 3), 230, np.uint8)) is None
        True
    """
    seen = seen or survey(pixels)
    red_cell = seen.red_cell_px or seen.clumped_px
    if red_cell is None:
        return None
    frame = _middle(pixels, min(1.0, _RED_CELL_WIDTH / red_cell))
    diameters = _diameters(frame.cut(pixels), frame, seen)
    if len(diameters) < MIN_RED_CELLS:
        return None
    size_um = RED_CELL_DIAMETER_UM / (float(np.median(diameters)) * frame.scale[0])
    return PixelSize(size_um, "estimated") if 0.005 <= size_um <= 50 else None


def rough_pixel_size_um(pixels: Pixels, seen: Survey | None = None) -> float | None:
    """A guess of the pixel size to begin a search with, right within a factor of about 1.6; never told to anyone.

    From free red cells, else from clumps of them, else from nuclei; None where nothing of these is seen.

    Args:
        pixels: RGB picture of a field.
        seen: What a survey of it told, where one was made already.

    Example:
        >>> rough_pixel_size_um(np.full((64, 64, 3), 230, np.uint8)) is None
        True
    """
    seen = seen or survey(pixels)
    if seen.nucleus_px is None and seen.red_cell_px is None and seen.clumped_px is None:
        return None
    return RED_CELL_DIAMETER_UM / yardstick_px(seen)


def _middle(pixels: Pixels, factor: float) -> Frame:
    height, width = pixels.shape[:2]
    half_x, half_y = (min(side, round(_MAX_SIDE / factor)) // 2 for side in (width, height))
    left, top = width // 2 - half_x, height // 2 - half_y
    right, bottom = min(width, left + 2 * half_x + 1), min(height, top + 2 * half_y + 1)
    return Frame(left, top, right, bottom, width, height, factor)


def _diameters(work: Pixels, frame: Frame, seen: Survey) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    density = seen.density(work, frame.place)
    nuclei = nuclear_mask(smooth(purpleness(density, seen.hemoglobin)), seen.purple)
    return np.asarray(red_cell_diameters(density, nuclei, border=_BORDER), np.float64)

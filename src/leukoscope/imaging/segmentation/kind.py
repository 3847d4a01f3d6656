"""A field of cells, or a crop of one?

What tells them apart is how much specimen a picture shows, in the one yardstick that every smear brings along, the red
cell. A crop is cut around one cell: it fills more than half of the frame, or the frame is hardly more than four red
cells (about 32 um) wide. A frame around one cell with countable neighbors (`pbc-frames`, most of `txl-pbc`) is a field.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leukoscope.imaging.segmentation.values import SegmentedCell

_FILLS = 0.55
"""Longer side of the cell over the shorter side of the picture, from which the cell fills the frame."""
_FILLS_WITHOUT_RED_CELLS = 0.4
_LARGE = 0.22
_ACROSS = 4.85
"""Red cells across the shorter side, up to which a picture with one cell in the middle is a crop."""
_OFF_CENTER = 0.2
"""Distance of the cell from the middle over the shorter side, at most, in a crop."""


def the_one_cell(
    cells: Sequence[SegmentedCell], width: int, height: int, red_cell_px: float | None
) -> SegmentedCell | None:
    """The cell a crop was cut around; None when the picture is a field.

    Args:
        cells: All cells found.
        width: Width of the picture in pixels.
        height: Height of the picture in pixels.
        red_cell_px: Diameter of its red cells in pixels, None where too few were seen.
    """
    if not cells:
        return None
    short = min(width, height)
    main = min(cells, key=lambda cell: _off_center(cell, width, height) - 0.5 * max(cell.box.width, cell.box.height))
    share = max(main.box.width, main.box.height) / short
    rivals = [cell for cell in cells if cell is not main and not cell.cut_by_border]
    if rivals or _off_center(main, width, height) > _OFF_CENTER * short:
        return None
    if red_cell_px is None:
        return main if share >= _FILLS_WITHOUT_RED_CELLS else None
    few = short / red_cell_px <= _ACROSS and share >= _LARGE
    return main if share >= _FILLS or few else None


def _off_center(cell: SegmentedCell, width: int, height: int) -> float:
    x, y = cell.box.center
    return float(np.hypot(x - width / 2, y - height / 2))

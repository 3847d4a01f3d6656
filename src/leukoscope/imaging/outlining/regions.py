"""Which pixels of a window are the cell in its middle?  What every classical way needs after its pixels are named."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.imaging.outlining.masks import filled
from leukoscope.imaging.outlining.window import CellWindow

Bools = NDArray[np.bool_]
Mask = NDArray[np.uint8]

_LEAST_PIECE = 0.06
"""Smallest piece of nucleus, as a share of the largest."""
_OWN = 0.5
"""Share of a piece of nucleus that must lie in the box."""
_REACH = 1.08
"""Axes of the ellipse that no cell leaves, over those of the box."""


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Pixels of a window by name.

    Attributes:
        nucleus: True where the stain is that of a nucleus, of any cell.
        stained: True where there is a nucleus or cytoplasm, of any cell.
    """

    nucleus: Bools
    stained: Bools


def settle(regions: Regions, window: CellWindow) -> tuple[Bools, Bools] | None:
    """The cell that the box means, and its nucleus; None where nothing is stained in the box.

    Pieces of nucleus count that lie in the box for the most part. The cell is what is stained, in one piece with
    these, cut off at the ellipse around the box, seams to neighbors opened.
    """
    nucleus = _own_pieces(_smooth(regions.nucleus, 1), window)
    bound = window.ellipse(_REACH) if _whole_picture(window) is False else np.ones_like(nucleus)
    radius = max(1, round(0.05 * max(window.box[2] - window.box[0], window.box[3] - window.box[1])))
    seen = window.specimen if window.is_cutout else regions.stained | nucleus
    stained = seen & bound & window.specimen
    body = _smooth(stained, radius) | nucleus
    cell = _touching(body, nucleus if nucleus.any() else window.ellipse(0.3))
    if not cell.any():
        return None
    cell = filled(cell)
    return cell, nucleus & cell


def _whole_picture(window: CellWindow) -> bool:
    height, width = window.pixels.shape[:2]
    x0, y0, x1, y1 = window.box
    return x0 <= 0 and y0 <= 0 and x1 >= width and y1 >= height


def _smooth(mask: Bools, radius: int) -> Bools:
    """Opened by a disk, so that threads and specks go; what is smaller than the disk stays if nothing else is there."""
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disk) > 0
    return np.asarray(opened if opened.any() else mask, np.bool_)


def _own_pieces(mask: Bools, window: CellWindow) -> Bools:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count < 2:
        return np.zeros_like(mask)
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    within = np.bincount(labels[window.ellipse(_REACH)], minlength=count)
    within[0] = 0
    kept = (within >= _OWN * areas) & (within >= _LEAST_PIECE * within.max())
    if not kept.any():  # one piece with a neighbor: what lies in the box
        return np.asarray(mask & window.ellipse(), np.bool_)
    return filled_small(np.asarray(kept[labels], np.bool_))


def filled_small(mask: Bools, largest: float = 0.03) -> Bools:
    """The mask with holes up to a share of its own area filled: pale chromatin, not the inside of a ring."""
    whole = filled(mask)
    count, labels, stats, _ = cv2.connectedComponentsWithStats((whole & ~mask).astype(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] <= largest * int(mask.sum())
    small[0] = False
    return np.asarray(mask | small[labels], np.bool_) if count > 1 else mask


def _touching(mask: Bools, seed: Bools) -> Bools:
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    hit = np.zeros(count, np.bool_)
    hit[np.unique(labels[seed & mask])] = True
    hit[0] = False
    return np.asarray(hit[labels], np.bool_)

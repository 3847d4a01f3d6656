"""Free red cells: single, round, not nucleated, not cut by the edge."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.imaging.color import Floats
from leukoscope.imaging.segmentation.geometry import Mask, fill_holes

_MIN_DIAMETER = 6.0
"""In working pixels; below it round and not round cannot be told apart."""
_MIN_ROUNDNESS = 0.84
_ENOUGH_FREE = 5
_ENOUGH_PEAKS = 3
_ENOUGH_AREA = 0.06
_MAX_SPREAD = 1.5
"""Factor around the median beyond which a round object is something else (a platelet, a drop)."""


def red_cell_diameters(density: Floats, nuclei: Mask, *, border: float = 1.0) -> NDArray[np.float64]:
    """Diameters of the free red cells, in pixels of the picture given.

    The diameter is that of the circle of the same area. An object counts as a free red cell when it absorbs green,
    is round (4 pi area / perimeter^2 of its filled outline at least 0.84, which two touching cells never reach),
    holds no nucleus, lies inside the picture, and its size is within a factor of 1.5 of the median.

    Args:
        density: Absorbance, as from `color.optical_density`.
        nuclei: Pixels of nuclei, 0 or 1.
        border: Where the border of a cell is drawn, as a share of the threshold between glass and cells.
    """
    outlines, _ = cv2.findContours(
        stained_mask(density, nuclei, border=border), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    height, width = nuclei.shape
    diameters = []
    for outline in outlines:
        x, y, w, h = cv2.boundingRect(outline)
        inside = x > 0 and y > 0 and x + w < width and y + h < height
        if inside and min(w, h) >= _MIN_DIAMETER and not nuclei[y : y + h, x : x + w].any():
            diameters.append(_diameter_if_round(np.asarray(outline, np.int32)))
    sizes = np.array([one for one in diameters if one is not None], np.float64)
    if not len(sizes):
        return sizes
    middle = float(np.median(sizes))
    return sizes[(sizes > middle / _MAX_SPREAD) & (sizes < middle * _MAX_SPREAD)]


def free_diameter(densities: Sequence[Floats], nuclei: Sequence[Mask]) -> float | None:
    """Median diameter of the free red cells of several parts; None below 5, or where most stain is something else."""
    pairs = list(zip(densities, nuclei, strict=True))
    free = np.concatenate([red_cell_diameters(density, mask) for density, mask in pairs])
    stained = sum(int(np.count_nonzero(stained_mask(density, mask))) for density, mask in pairs)
    if len(free) < _ENOUGH_FREE or np.pi / 4 * (free**2).sum() < _ENOUGH_AREA * stained:
        return None
    return float(np.median(free))


def clumped_diameter(densities: Sequence[Floats], nuclei: Sequence[Mask]) -> float | None:
    """Rough diameter of red cells that overlap: a yardstick, not a measurement.

    Twice the median height of the peaks of the distance transform, which clumped cells have, too, weighted by area, so
    that the many small peaks of platelets and seams do not count; None below 3 peaks.
    """
    pairs = zip(densities, nuclei, strict=True)
    heights = np.concatenate([_peaks(stained_mask(density, mask), mask) for density, mask in pairs])
    heights = np.sort(heights[heights > _MIN_DIAMETER / 2])
    if len(heights) < _ENOUGH_PEAKS:
        return None
    share = np.cumsum(heights**2)
    return 2 * float(heights[int(np.searchsorted(share, share[-1] / 2))])


def _peaks(stained: Mask, nuclei: Mask) -> NDArray[np.float64]:
    """Heights of the peaks of the distance transform away from nuclei; pallors are filled first."""
    solid = fill_holes(stained, 0.02 * stained.size)
    if solid.all() or not solid.any():
        return np.zeros(0)
    depth = np.asarray(cv2.distanceTransform(solid, cv2.DIST_L2, 5))
    side = 2 * max(2, round(0.5 * float(np.percentile(depth[depth > 0], 90)))) + 1
    top = cv2.dilate(depth, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    near = cv2.dilate(nuclei, np.ones((2 * side + 1, 2 * side + 1), np.uint8))
    peaks = (depth >= top - 1e-4) & (depth > 2) & (near == 0)
    peaks &= _room(depth.shape) > 0.9 * depth  # of a cell cut by the edge only a part would be measured
    count, labels = cv2.connectedComponents(peaks.astype(np.uint8))
    heights = np.zeros(count)
    np.maximum.at(heights, labels[peaks], depth[peaks])
    return heights[1:]


def _room(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Distance of each pixel to the edge of the picture."""
    down, across = np.arange(shape[0]), np.arange(shape[1])
    nearest = np.minimum(down, down[::-1])[:, None], np.minimum(across, across[::-1])[None]
    return np.minimum(*nearest).astype(np.float32)


def stained_mask(density: Floats, nuclei: Mask, *, border: float = 1.0) -> Mask:
    """Pixels of cells without nuclei, 0 or 1: the darker class of green (Otsu 1979) where no nucleus is near."""
    near = cv2.dilate(nuclei, np.ones((3, 3), np.uint8))
    levels = np.clip(density[..., 1] * 200, 0, 255).astype(np.uint8)
    free = levels[near == 0]
    if not len(free):
        return np.zeros_like(nuclei)
    split, _ = cv2.threshold(free.reshape(1, -1), 0, 255, cv2.THRESH_OTSU)
    return np.asarray((levels > border * split) | (near > 0), np.uint8)


def _diameter_if_round(outline: NDArray[np.int32]) -> float | None:
    hull = cv2.convexHull(outline)
    around = float(cv2.arcLength(hull, closed=True)) + np.pi
    area = float(cv2.contourArea(outline)) + float(cv2.arcLength(outline, closed=True)) / 2 + 1
    full = float(cv2.contourArea(hull)) + float(cv2.arcLength(hull, closed=True)) / 2 + 1
    if 4 * np.pi * full / around**2 < _MIN_ROUNDNESS or area / full < 0.93:
        return None
    return float(np.sqrt(4 * area / np.pi))

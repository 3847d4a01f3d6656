"""How many lobes does the nucleus have?"""

from __future__ import annotations

import math

import cv2
import numpy as np

from leukoscope.domain.cell_masks import Bools
from leukoscope.imaging.color import Floats
from leukoscope.imaging.measurements.definition import Measurement, Values
from leukoscope.imaging.measurements.view import CellView

_NECK = 0.8
"""Two swellings are lobes where the waist between them is narrower than this share of the smaller one."""
_SMALLEST = 0.3
"""A lobe must be wider than this share of the widest one, over `_NECK`."""
_WORKING_DIAMETER = 48.0
"""Pixels across the circle of the nucleus's area, in the copy in which lobes are counted."""
_LARGEST_SIDE = 160
_STEPS = 4
_SMALLEST_PART = 0.02
"""Share of the nucleus below which a part is dirt."""

MEASUREMENTS = (
    Measurement(
        "nucleus_parts",
        "nucleus",
        "parts of the nucleus that do not touch, each at least 2 % of its area; lobes joined by a bridge count as one",
        "leukoscope",
        unit="count",
    ),
    Measurement(
        "nucleus_lobes",
        "nucleus",
        "peaks of the logarithm of the distance to the border that rise by at least ln(1 / 0.8) above the highest pass "
        "to a higher one: swellings whose waist is narrower than 0.8 of the smaller; lobes joined by a bridge count",
        "h-maxima of the distance map: Soille 2003, Morphological image analysis, section 6.3.3 (scikit-image); "
        "the logarithm makes them independent of scale",
        unit="count",
    ),
)


def measure_nucleus(view: CellView) -> Values:
    """Parts and lobes of the nucleus; nothing where there is none."""
    if not view.nucleus.any():
        return {}
    return {"nucleus_parts": float(_count_parts(view.nucleus)), "nucleus_lobes": float(count_lobes(view.nucleus))}


def count_lobes(mask: Bools) -> int:
    """Number of lobes of a nucleus, at least 1 where there is one.

    Example:
        >>> mask = np.zeros((40, 80), dtype=bool)
        >>> mask[5:35, 5:35] = mask[5:35, 45:75] = mask[18:22, 30:50] = True
        >>> count_lobes(mask)
        2
    """
    away = cv2.distanceTransform(_brought_to_size(mask), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    if not away.any():
        return int(mask.any())
    heights = np.log(np.maximum(away, _SMALLEST * away.max()), dtype=np.float32)
    lowered = _reconstructed(heights + np.float32(math.log(_NECK)), heights)
    return cv2.connectedComponents(regional_maxima(lowered).astype(np.uint8), connectivity=8)[0] - 1


def regional_maxima(heights: Floats) -> Bools:
    """Pixels and plateaus, however far they reach, none of whose eight neighbors is higher.

    The same as scikit-image's `local_maxima` where heights differ, without its import of a third of a second: what
    rises by one step of the numbers above its reconstruction (Soille 2003, section 6.3.3).
    """
    return np.asarray(_reconstructed(np.nextafter(heights, np.float32(-np.inf)), heights) < heights, np.bool_)


def _reconstructed(seed: Floats, mask: Floats) -> Floats:
    """Reconstruction by dilation (Vincent 1993), as scikit-image has it, in a quarter of its time on so few pixels."""
    square = np.ones((3, 3), np.uint8)
    while True:
        grown = seed
        for _ in range(_STEPS):  # what has settled stays as it is, and comparing takes longer than growing
            grown = np.asarray(cv2.min(cv2.dilate(grown, square), mask), np.float32)
        if np.array_equal(grown, seed):
            return grown
        seed = grown


def _brought_to_size(mask: Bools) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """The nucleus at one size, with a margin, so that steps of pixels neither make nor hide a waist."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    part = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    diameter = math.sqrt(4 * float(part.sum()) / math.pi)
    scale = min(_WORKING_DIAMETER / diameter, _LARGEST_SIDE / max(part.shape))
    size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    edged = cv2.copyMakeBorder(part, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    edge = max(1, round(scale))
    size = size[0] + 2 * edge, size[1] + 2 * edge
    resized = cv2.resize(edged, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.pad((resized >= 0.5).astype(np.uint8), 1)


def _count_parts(mask: Bools) -> int:
    count, _, figures, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = figures[1:count, cv2.CC_STAT_AREA]
    return int((areas >= _SMALLEST_PART * areas.sum()).sum())

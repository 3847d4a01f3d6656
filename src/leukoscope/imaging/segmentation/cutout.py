"""A single cell cut out on pure black: the cell is what is not black."""

from __future__ import annotations

import cv2
import numpy as np

from leukoscope.domain.images import Pixels
from leukoscope.imaging.segmentation.geometry import Mask

_BLACK = 12
"""JPEG leaves traces of up to about 10 levels beside the border of a cut-out."""
_MIN_BLACK_BORDER = 0.9
_MIN_BLACK = 0.25


def cutout_mask(pixels: Pixels) -> Mask | None:
    """Pixels of a cell on pure black, 0 or 1; None when this is no such picture.

    Args:
        pixels: RGB working picture.
    """
    seen = (pixels.max(axis=2) > _BLACK).astype(np.uint8)
    border = np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]])
    if 1 - border.mean() < _MIN_BLACK_BORDER or 1 - seen.mean() < _MIN_BLACK or not seen.any():
        return None
    count, labels, stats, _ = cv2.connectedComponentsWithStats(seen, connectivity=4)
    main = 1 + int(np.argmax(stats[1:count, cv2.CC_STAT_AREA]))
    return np.asarray(labels == main, np.uint8)

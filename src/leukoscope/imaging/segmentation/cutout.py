"""Was a single cell cut out on pure black?  The cell is what is not black; a field seen through an eyepiece is none."""

from __future__ import annotations

import cv2
import numpy as np

from leukoscope.domain.images import Pixels
from leukoscope.imaging.color import estimate_background
from leukoscope.imaging.levels import brightest_channel
from leukoscope.imaging.segmentation.geometry import Mask

_BLACK = 12
"""JPEG leaves traces of up to about 10 levels beside the border of a cut-out."""
_MIN_BLACK_BORDER = 0.9
_MIN_BLACK = 0.25
_DARKEST_GLASS = 90.0
"""Level of green: where even the brightest common color is darker, it is stain (of C-NMC 2019 all is below 60)."""
_STAINED = 0.5
"""Natural-log absorbance of green against that brightest color; nuclei absorb more, red cells less."""
_MIN_STAINED = 0.2
"""Share of a cell that its nucleus fills at least; in a field of glass and red cells all nuclei fill less."""


def cutout_mask(pixels: Pixels) -> Mask | None:
    """Pixels of a cell on pure black, 0 or 1; None when this is no such picture.

    A field photographed through an eyepiece is none: its surround is black too, but it shows glass.

    Args:
        pixels: RGB working picture.
    """
    seen = (brightest_channel(pixels) > _BLACK).astype(np.uint8)
    border = np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]])
    if 1 - border.mean() < _MIN_BLACK_BORDER or 1 - seen.mean() < _MIN_BLACK or not seen.any():
        return None
    count, labels, stats, _ = cv2.connectedComponentsWithStats(seen, connectivity=4)
    main = 1 + int(np.argmax(stats[1:count, cv2.CC_STAT_AREA]))
    mask = np.asarray(labels == main, np.uint8)
    return mask if _is_mostly_stained(pixels, mask) else None


def _is_mostly_stained(pixels: Pixels, mask: Mask) -> bool:
    """Whether the piece is a cell, not glass and red cells inside the round rim of an eyepiece."""
    piece = pixels[mask > 0][None]
    brightest = estimate_background(piece)[1]
    return brightest < _DARKEST_GLASS or bool((piece[..., 1] < brightest * np.exp(-_STAINED)).mean() >= _MIN_STAINED)

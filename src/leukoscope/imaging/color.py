"""What did the light lose on its way?  Background color, optical density, and how purple a pixel is."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.imaging.levels import Counts, brightest_channel, count_levels, level_at

Floats = NDArray[np.float32]
Background = tuple[float, float, float]

_DARK = 12
"""Pixels with no channel above this are a black frame or cut-out, not specimen."""
_OFFSET = 8.0
"""Added before the logarithm so that camera noise in black pixels does not pass for stain."""
_MAX_OWN = 0.45
_PEAK = 0.3
"""A peak of the histogram this high against the highest counts as a class of pixels, not as glints."""


def estimate_background(pixels: Pixels) -> Background:
    """Color of the glass where nothing lies: the median color around the brightest peak of green.

    Green is the channel that red cells and nuclei both absorb; glints are too few to make a peak.

    Args:
        pixels: RGB picture; black frames are left out.

    Returns:
        Red, green and blue, in [0, 255]; white where nothing is left to judge.

    Example:
        >>> estimate_background(np.full((4, 4, 3), 200, np.uint8))
        (200.0, 200.0, 200.0)
    """
    seen = brightest_channel(pixels) > _DARK
    if not seen.any():
        return 255.0, 255.0, 255.0
    red, green, blue = (np.asarray(channel, np.uint8)[seen] for channel in cv2.split(pixels))
    peak = _brightest_peak(count_levels(green))
    around = (green >= peak - 5) & (green <= peak + 5)
    middle = [level_at(count_levels(channel[around]), 50) for channel in (red, green, blue)]
    return middle[0], middle[1], middle[2]


def _brightest_peak(counted: Counts) -> int:
    counts = counted.astype(np.float32)
    # A wide kernel joins the spread of one class; mirrored ends keep a peak at 255 (blown-out glass) a peak.
    smooth = cv2.GaussianBlur(counts[None], (0, 0), 4.0, borderType=cv2.BORDER_REFLECT)[0]
    padded = np.concatenate([[-1.0], smooth, [-1.0]])
    peaks = np.flatnonzero((smooth >= padded[:-2]) & (smooth >= padded[2:]) & (smooth >= _PEAK * smooth.max()))
    return int(peaks[-1])


def optical_density(pixels: Pixels, background: Background) -> Floats:
    """Natural-log absorbance of each channel against the background (Beer-Lambert), 0 for empty glass.

    Args:
        pixels: RGB picture.
        background: Color of empty glass, as from `estimate_background`.

    Returns:
        Shape (height, width, 3), red, green, blue; slightly negative where brighter than the background.

    Example:
        >>> float(optical_density(np.full((1, 1, 3), 200, np.uint8), (200.0, 200.0, 200.0)).max())
        0.0
    """
    levels = np.arange(256, dtype=np.float32) + _OFFSET
    table = np.stack([np.log((white + _OFFSET) / levels) for white in background], axis=-1)
    return np.asarray(cv2.LUT(np.ascontiguousarray(pixels), table[None].astype(np.float32)), np.float32)


def purpleness(density: Floats, hemoglobin: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Floats:
    """How much more green than blue a pixel absorbs: high in nuclei, about 0 in red cells.

    The azure-eosin complex of Romanowsky stains absorbs green and yellow light, hemoglobin absorbs blue and violet
    (its Soret band lies at 415 nm), so the difference tells a nucleus from a red cell whatever the thickness of either.
    Uneven light cancels, because it dims both channels alike. Where red cells took up some stain, their own color
    direction is known from the picture and its share is taken off.

    Args:
        density: Absorbance of red, green and blue, as from `optical_density`.
        hemoglobin: Color direction of the red cells of the picture, a unit vector; zeros where it is not known.

    References:
        Wittekind 1983, "On the nature of Romanowsky-Giemsa staining and its significance for cytochemistry and
        histochemistry: an overall view".
    """
    own = min(max(hemoglobin[1] - hemoglobin[2], 0.0), _MAX_OWN)
    red, green, blue = (-own * share for share in hemoglobin)
    weights = np.array([[red, green + 1.0, blue - 1.0]], np.float32)
    return np.asarray(cv2.transform(density, weights), np.float32)

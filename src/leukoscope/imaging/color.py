"""What did the light lose on its way?  Background color, optical density, and how purple a pixel is."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels

Floats = NDArray[np.float32]
Background = tuple[float, float, float]

_DARK = 12
"""Pixels with no channel above this are a black frame or cut-out, not specimen."""
_OFFSET = 8.0
"""Added before the logarithm so that camera noise in black pixels does not pass for stain."""


def estimate_background(pixels: Pixels) -> Background:
    """Color of the glass where nothing lies: the median of the brighter of two classes of green (Otsu).

    Green is the channel that red cells and nuclei both absorb.

    Args:
        pixels: RGB picture; black frames are left out.

    Returns:
        Red, green and blue, in [0, 255]; white where nothing is left to judge.

    Example:
        >>> estimate_background(np.full((4, 4, 3), 200, np.uint8))
        (200.0, 200.0, 200.0)
    """
    seen = pixels.max(axis=2) > _DARK
    if not seen.any():
        return 255.0, 255.0, 255.0
    green = np.ascontiguousarray(pixels[..., 1][seen]).reshape(1, -1)
    split, _ = cv2.threshold(green, 0, 255, cv2.THRESH_OTSU)
    bright = pixels[seen][green[0] > split] if (green > split).any() else pixels[seen]
    red, middle, blue = np.median(bright, axis=0)
    return float(red), float(middle), float(blue)


def optical_density(pixels: Pixels, background: Background) -> Floats:
    """Natural-log absorbance of each channel against the background (Beer-Lambert), 0 for empty glass.

    Example:
        >>> float(optical_density(np.full((1, 1, 3), 200, np.uint8), (200.0, 200.0, 200.0)).max())
        0.0
    """
    levels = np.arange(256, dtype=np.float32) + _OFFSET
    table = np.stack([np.log((white + _OFFSET) / levels) for white in background], axis=-1)
    return np.asarray(cv2.LUT(np.ascontiguousarray(pixels), table[None].astype(np.float32)), np.float32)


def purpleness(density: Floats) -> Floats:
    """How much more green than blue a pixel absorbs: high in nuclei, about 0 or below in red cells.

    The azure-eosin complex of Romanowsky stains absorbs green and yellow light, hemoglobin absorbs blue and violet
    (its Soret band lies at 415 nm), so the difference tells a nucleus from a red cell whatever the thickness of either.

    Args:
        density: Absorbance of red, green and blue, as from `optical_density`.

    References:
        Wittekind 1983, "On the nature of Romanowsky-Giemsa staining and its significance for cytochemistry".
    """
    return density[..., 1] - density[..., 2]

"""Nucleus and cytoplasm by thresholds: fixed ones in HSV, Otsu's on a channel that shows stain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.imaging.color import estimate_background, optical_density
from leukoscope.imaging.outlining.regions import Regions
from leukoscope.imaging.outlining.window import CellWindow

Floats = NDArray[np.float32]
Channel = Literal["saturation", "density", "hematoxylin"]

_LEVELS = 128
"""Levels of the histogram."""


@dataclass(frozen=True, slots=True)
class HsvSettings:
    """Fixed limits in HSV: hue in degrees, saturation and value in [0, 1].

    Attributes:
        nucleus_hue: Hues of a nucleus: blue to magenta.
        nucleus_saturation: Least saturation of a nucleus.
        nucleus_value: Largest value of a nucleus.
        cytoplasm_hue: Hues of cytoplasm.
        cytoplasm_saturation: Least saturation of cytoplasm.
    """

    nucleus_hue: tuple[float, float] = (230.0, 330.0)
    nucleus_saturation: float = 0.35
    nucleus_value: float = 0.9
    cytoplasm_hue: tuple[float, float] = (220.0, 340.0)
    cytoplasm_saturation: float = 0.1


def threshold_hsv(window: CellWindow, settings: HsvSettings = HsvSettings()) -> Regions | None:
    """Name pixels by fixed limits of hue, saturation and value.

    References:
        Smith 1978, "Color gamut transform pairs" (HSV); limits chosen on the training parts of BCCD and JTSC.
    """
    soft = cv2.GaussianBlur(window.pixels, (0, 0), 1.0)
    hsv = np.asarray(cv2.cvtColor(soft.astype(np.float32) / 255, cv2.COLOR_RGB2HSV), np.float32)
    hue, saturation, value = hsv[..., 0], hsv[..., 1], hsv[..., 2]
    nucleus = _between(hue, settings.nucleus_hue) & (saturation >= settings.nucleus_saturation)
    nucleus &= value <= settings.nucleus_value
    stained = _between(hue, settings.cytoplasm_hue) & (saturation >= settings.cytoplasm_saturation)
    stained |= nucleus
    return Regions(nucleus, stained) if stained.any() else None


def _between(hue: Floats, limits: tuple[float, float]) -> NDArray[np.bool_]:
    return np.asarray((hue >= limits[0]) & (hue <= limits[1]), np.bool_)


@dataclass(frozen=True, slots=True)
class OtsuSettings:
    """Which channel is cut at Otsu's thresholds.

    Attributes:
        channel: Saturation of HSV; summed optical density; or hematoxylin after color deconvolution (Ruifrok and
            Johnston 2001), whose vector is near that of the azure dyes.
        least_spread: Range of the channel, in its own unit, below which the window shows nothing to tell apart.
    """

    channel: Channel
    least_spread: float = 0.02


def threshold_otsu(window: CellWindow, settings: OtsuSettings) -> Regions | None:
    """Name pixels by Otsu's two thresholds of one channel: glass, cytoplasm, nucleus.

    References:
        Otsu 1979, "A threshold selection method from gray-level histograms"; Liao, Chen and Chung 2001, "A fast
        algorithm for multilevel thresholding".
    """
    from skimage.filters import threshold_multiotsu

    channel = stain_channel(window, settings.channel)
    seen = channel[window.specimen]
    if not seen.size or float(np.ptp(seen)) < settings.least_spread or not _has_classes(seen):
        return None
    low, high = (float(one) for one in threshold_multiotsu(seen, classes=3, nbins=_LEVELS))
    return Regions((channel > high) & window.specimen, (channel > low) & window.specimen)


def _has_classes(seen: Floats) -> bool:
    """Whether the histogram has the three filled levels that two thresholds need."""
    return bool((np.histogram(seen, bins=_LEVELS)[0] > 0).sum() >= 3)


def stain_channel(window: CellWindow, channel: Channel) -> Floats:
    """One channel in which nuclei are high, glass is low; smoothed a little."""
    soft = np.asarray(cv2.GaussianBlur(window.pixels, (0, 0), 1.0), np.uint8)
    if channel == "saturation":
        return np.asarray(cv2.cvtColor(soft.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)[..., 1], np.float32)
    if channel == "density":
        return np.asarray(optical_density(soft, estimate_background(soft)).sum(axis=2), np.float32)
    from skimage.color import rgb2hed

    return np.asarray(rgb2hed(soft)[..., 0], np.float32)

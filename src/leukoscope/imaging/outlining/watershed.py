"""Nucleus and cytoplasm by flooding: marker-controlled watershed on the gradient."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.imaging.color import estimate_background, optical_density
from leukoscope.imaging.outlining.regions import Regions
from leukoscope.imaging.outlining.thresholds import OtsuSettings, threshold_otsu
from leukoscope.imaging.outlining.window import CellWindow

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WatershedSettings:
    """Where the flood begins.

    Attributes:
        core: Share of the largest depth of the nucleus from which a pixel surely is nucleus.
        rim: Axes of the ellipse outside of which nothing is the cell, over those of the box.
        smooth: Standard deviation of the blur before the gradient, in working pixels.
    """

    core: float = 0.3
    rim: float = 1.12
    smooth: float = 1.2


def flood(window: CellWindow, settings: WatershedSettings = WatershedSettings()) -> Regions | None:
    """Name pixels by two floods: from nucleus and surroundings for the nucleus, from both for the cell.

    The nucleus is marked by Otsu's threshold on optical density, the surroundings by what lies outside the box; the
    borders are where the floods meet on the ridges of the gradient.

    References:
        Meyer and Beucher 1990, "Morphological segmentation"; Jiang, Liao and Dai 2003, "A novel white blood cell
        segmentation scheme using scale-space filtering and watershed clustering".
    """
    rough = threshold_otsu(window, OtsuSettings("density"))
    if rough is None:
        return None
    nucleus = rough.nucleus & window.ellipse(1.1)
    if not nucleus.any():
        return None
    density = optical_density(window.pixels, estimate_background(window.pixels))
    outside = ~window.ellipse(settings.rim) | ~window.specimen
    if not outside.any():
        return rough
    apart = _flooded(density, _core(nucleus, settings.core), outside | ~_grown(nucleus, 3), settings.smooth)
    stained = rough.stained & window.ellipse()
    inner = _grown(nucleus, 2) | _core(stained, settings.core)
    cell = _flooded(density, inner & ~outside, outside | ~_grown(stained | inner, 2), settings.smooth)
    return Regions(apart, cell | apart)


def _flooded(density: Floats, inner: Bools, outer: Bools, smooth: float) -> Bools:
    from skimage.segmentation import watershed

    markers = np.where(inner, 1, np.where(outer, 2, 0)).astype(np.int32)
    return np.asarray(watershed(_gradient(density, smooth), markers) == 1, np.bool_)


def _gradient(density: Floats, smooth: float) -> Floats:
    """Steepest slope of the three channels (Di Zenzo 1986, simplified to the root of the summed squares)."""
    soft = cv2.GaussianBlur(density, (0, 0), smooth)
    across, down = cv2.Scharr(soft, cv2.CV_32F, 1, 0), cv2.Scharr(soft, cv2.CV_32F, 0, 1)
    return np.asarray(np.sqrt((across**2 + down**2).sum(axis=2)), np.float32)


def _core(mask: Bools, share: float) -> Bools:
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(depth >= share * depth.max(), np.bool_)


def _grown(mask: Bools, radius: int) -> Bools:
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), disk) > 0, np.bool_)

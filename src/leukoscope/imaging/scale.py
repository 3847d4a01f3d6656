"""How large is a pixel?  Estimated from the red cells where no file says so."""

from __future__ import annotations

import cv2
import numpy as np

from leukoscope.domain.images import Pixels, PixelSize
from leukoscope.imaging.color import estimate_background, optical_density, purpleness

RED_CELL_DIAMETER_UM = 7.2
MIN_RED_CELLS = 10


def estimate_pixel_size(pixels: Pixels) -> PixelSize | None:
    """Pixel size from free red cells, whose median diameter is taken as 7.2 um; None below 10 of them."""
    height, width = pixels.shape[:2]
    factor = min(1.0, 640 / max(width, height))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    work = np.asarray(cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA), np.uint8)
    density = optical_density(work, estimate_background(work))
    purple = purpleness(density)
    levels = np.clip(density[..., 1] * 255, 0, 255).astype(np.uint8)
    split, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    dark = (levels > split * 0.7).astype(np.uint8)
    contours, _ = cv2.findContours(dark, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    diameters = []
    for contour in contours:
        area, around = cv2.contourArea(contour), cv2.arcLength(contour, closed=True)
        x, y, w, h = cv2.boundingRect(contour)
        inside = x > 0 and y > 0 and x + w < size[0] and y + h < size[1]
        if inside and area > 30 and 4 * np.pi * area / around**2 > 0.78 and purple[y : y + h, x : x + w].mean() < 0.3:
            diameters.append(2 * np.sqrt((area + around / 2 + 1) / np.pi))
    if len(diameters) < MIN_RED_CELLS:
        return None
    return PixelSize(RED_CELL_DIAMETER_UM / float(np.median(diameters)) * factor, "estimated")

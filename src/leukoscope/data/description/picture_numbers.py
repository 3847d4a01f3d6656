"""What can be measured of a picture without knowing what it shows?  Its color, light, sharpness and texture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.imaging.color import estimate_background, optical_density
from leukoscope.imaging.drawing import shrink
from leukoscope.imaging.quality_measures import measure_edges

_WORKING_SIDE = 128
"""Longer side of the copy that colors are measured on, in pixels."""
_SHARPNESS_SIDE = 640
_DARK = 12
"""Pixels with no channel above this are a black frame or cut-out, not specimen."""


@dataclass(frozen=True, slots=True)
class NumberNote:
    """A number of a picture: its name, unit and what it means."""

    name: str
    title: str
    unit: str
    family: str


NUMBERS = (
    NumberNote("red", "Red", "0 to 255", "RGB"),
    NumberNote("green", "Green", "0 to 255", "RGB"),
    NumberNote("blue", "Blue", "0 to 255", "RGB"),
    NumberNote("hue", "Hue", "degrees; 0 red, -60 magenta, -120 blue", "HSV"),
    NumberNote("saturation", "Saturation", "0 to 1", "HSV"),
    NumberNote("value", "Value", "0 to 1", "HSV"),
    NumberNote("lightness", "Lightness L*", "0 to 100", "Lab"),
    NumberNote("lab_a", "a* (green to red)", "-128 to 127", "Lab"),
    NumberNote("lab_b", "b* (blue to yellow)", "-128 to 127", "Lab"),
    NumberNote("density_red", "Optical density, red", "natural log", "Optical density"),
    NumberNote("density_green", "Optical density, green", "natural log", "Optical density"),
    NumberNote("density_blue", "Optical density, blue", "natural log", "Optical density"),
    NumberNote("glass", "Lightness of the glass", "L*, 0 to 100", "Light and focus"),
    NumberNote("contrast", "Contrast (spread of L*)", "L*", "Light and focus"),
    NumberNote("sharpness", "Sharpness of edges", "0 to 1", "Light and focus"),
    NumberNote("fine", "Share of fine contrast", "0 to 1", "Light and focus"),
    NumberNote("black", "Share that is pure black", "0 to 1", "Frame"),
    NumberNote("aspect", "Width over height", "", "Frame"),
    NumberNote("megapixels", "Size", "megapixels", "Frame"),
    NumberNote("kilobytes", "File size", "kB", "Frame"),
)
"""All numbers, in the order of `measure_picture`; colors are means over what is not pure black."""


def title_of(name: str) -> str:
    """What people call a number.

    Example:
        >>> title_of("density_green")
        'Optical density, green'
    """
    return next(note.title for note in NUMBERS if note.name == name)


def measure_picture(pixels: Pixels, file_bytes: int) -> NDArray[np.float64]:
    """The numbers of a picture, in the order of `NUMBERS`.

    Args:
        pixels: The picture.
        file_bytes: Size of its file.
    """
    height, width = pixels.shape[:2]
    small = np.ascontiguousarray(shrink(pixels, _WORKING_SIDE))
    seen = small.max(axis=2) > _DARK
    black = 1 - float(seen.mean())
    inside = small[seen] if seen.any() else small.reshape(-1, 3)
    lab = cv2.cvtColor(inside[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    background = estimate_background(small)
    density = optical_density(inside[None], background)[0]
    gray = cv2.cvtColor(np.ascontiguousarray(shrink(pixels, _SHARPNESS_SIDE)), cv2.COLOR_RGB2GRAY)
    edges = measure_edges(np.asarray(gray, np.uint8))
    glass = cv2.cvtColor(np.array([[background]], np.float32) / 255, cv2.COLOR_RGB2LAB)[0, 0, 0]
    light = [float(glass), float(lab[:, 0].std()), edges.focus, edges.fine]
    frame = [black, width / height, width * height / 1e6, file_bytes / 1000]
    return np.array(
        [*inside.mean(axis=0), *_hue_saturation_value(inside), *lab.mean(axis=0), *density.mean(axis=0), *light, *frame]
    )


def _hue_saturation_value(colors: Pixels) -> tuple[float, float, float]:
    """Hue of the mean color direction in degrees, in (-270, 90]; mean saturation; mean value.

    The circle is cut at yellow-green, where no stained blood lies, so that blue, purple and red stay neighbors.
    """
    red, green, blue = (colors[:, channel].astype(np.float64) / 255 for channel in range(3))
    top = np.maximum(np.maximum(red, green), blue)
    low = np.minimum(np.minimum(red, green), blue)
    along = (red - (green + blue) / 2).mean()
    across = ((green - blue) * np.sqrt(3) / 2).mean()
    saturation = np.divide(top - low, top, out=np.zeros_like(top), where=top > 0)
    hue = float(np.degrees(np.arctan2(across, along)))
    return hue - 360 if hue > 90 else hue, float(saturation.mean()), float(top.mean())

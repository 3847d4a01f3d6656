"""Which colors do nucleus and cytoplasm have?"""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.imaging.color import Background, optical_density
from leukoscope.imaging.measurements.definition import Measurement, Values
from leukoscope.imaging.measurements.view import CellView

_Column = NDArray[np.float64]
_STEADY = 1e-4
"""Standard deviation below which a color is the same everywhere, so that it has no skewness."""
_SMITH = "Smith 1978, Color gamut transform pairs (HSV, by OpenCV)"
_CIE = "CIE 15:2018, Colorimetry (L*a*b*, D65, from sRGB by OpenCV)"
_BEER = "Beer-Lambert law; the color of the glass is that of the whole picture"
_CHANNELS: tuple[tuple[str, str, str, str], ...] = (
    ("red", "red", "levels", "sRGB as in the picture, 0 to 255"),
    ("green", "green", "levels", "sRGB as in the picture, 0 to 255"),
    ("blue", "blue", "levels", "sRGB as in the picture, 0 to 255"),
    ("hue", "hue of HSV, as an angle (0 red, 120 green, 240 blue)", "degrees", _SMITH),
    ("saturation", "saturation of HSV, 0 to 1", "1", _SMITH),
    ("value", "value of HSV, 0 to 1", "1", _SMITH),
    ("lightness", "L* of CIE Lab, 0 to 100", "1", _CIE),
    ("lab_a", "a* of CIE Lab, green to red", "1", _CIE),
    ("lab_b", "b* of CIE Lab, blue to yellow", "1", _CIE),
    ("od_red", "optical density of red, ln((glass + 8) / (level + 8))", "1", _BEER),
    ("od_green", "optical density of green, ln((glass + 8) / (level + 8))", "1", _BEER),
    ("od_blue", "optical density of blue, ln((glass + 8) / (level + 8))", "1", _BEER),
)
_FISHER = "Fisher 1993, Statistical analysis of circular data, section 2.3 (hue is an angle)"
_STATISTICS = {
    "mean": "mean of {what}",
    "sd": "standard deviation of {what}",
    "skew": "skewness of {what}, mean cube of (x - mean) / sd; none where the color is the same everywhere",
}
_REGIONS = {"nucleus": "in the nucleus without its rim", "cytoplasm": "in the cytoplasm without its rims"}


def _definitions() -> Iterator[Measurement]:
    for region, where in _REGIONS.items():
        for name, what, unit, source in _CHANNELS:
            for statistic, formula in _STATISTICS.items():
                told = f"{formula.format(what=what)}, {where}"
                if name == "hue":
                    told = f"{told}; of directions: angle of the mean unit vector, sqrt(-2 ln(its length)) for sd"
                    source = f"{_SMITH}; {_FISHER}"
                yield Measurement(
                    f"{region}_{name}_{statistic}", "color", told, source, unit="1" if statistic == "skew" else unit
                )


MEASUREMENTS = tuple(_definitions())


def measure_color(view: CellView) -> Values:
    """Mean, standard deviation and skewness of twelve channels; nothing of a region that is not there."""
    values: dict[str, float] = {}
    for name, region in (("nucleus", view.nucleus_region), ("cytoplasm", view.cytoplasm_region)):
        if region.core.any():
            for channel, column in _channels(view.pixels[region.core], view.glass):
                told = _of_angles(column) if channel == "hue" else _of_numbers(column)
                values |= {f"{name}_{channel}_{statistic}": value for statistic, value in told.items()}
    return values


def _channels(colors: Pixels, glass: Background) -> Iterator[tuple[str, _Column]]:
    """Each channel of some pixels, shape (pixels, 3), in the order of `_CHANNELS`."""
    strip = np.ascontiguousarray(colors[None])
    unit = strip.astype(np.float32) / np.float32(255)
    tables = (
        strip,
        cv2.cvtColor(unit, cv2.COLOR_RGB2HSV),
        cv2.cvtColor(unit, cv2.COLOR_RGB2Lab),
        optical_density(strip, glass),
    )
    columns = np.concatenate([np.asarray(table[0], np.float64) for table in tables], axis=1)
    for (name, *_), column in zip(_CHANNELS, columns.T, strict=True):
        yield name, column


def _of_numbers(column: _Column) -> dict[str, float]:
    mean, spread = float(column.mean()), float(column.std())
    return {"mean": mean, "sd": spread} | _skewness(column - mean, spread)


def _of_angles(degrees: _Column) -> dict[str, float]:
    radians = np.radians(degrees)
    x, y = float(np.cos(radians).mean()), float(np.sin(radians).mean())
    mean = math.degrees(math.atan2(y, x)) % 360
    spread = math.degrees(math.sqrt(max(0.0, -2 * math.log(max(math.hypot(x, y), 1e-12)))))
    away = (degrees - mean + 180) % 360 - 180
    return {"mean": mean, "sd": spread} | _skewness(away, float(away.std()))


def _skewness(away: _Column, spread: float) -> dict[str, float]:
    return {} if spread < _STEADY else {"skew": float(((away / spread) ** 3).mean())}

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

_Row = NDArray[np.float64]
_Table = NDArray[np.float64]
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
_HUE = [name for name, *_ in _CHANNELS].index("hue")
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
            values |= {f"{name}_{what}": value for what, value in _statistics(view.pixels[region.core], view.glass)}
    return values


def _statistics(colors: Pixels, glass: Background) -> Iterator[tuple[str, float]]:
    """Name ("green_mean") and value of each statistic of some pixels, shape (pixels, 3)."""
    table = _channels(colors, glass)
    means, away, spreads = _of_numbers(table)
    means[_HUE], away[_HUE], directions = _of_angles(table[_HUE])
    scales = spreads.copy()
    scales[_HUE] = away[_HUE].std()
    # The spread of directions is not that of the angles around their mean, by which skewness is told.
    spreads[_HUE] = directions
    skews = np.einsum("ij,ij,ij->i", away, away, away) / away.shape[1] / np.maximum(scales, _STEADY) ** 3
    for (name, *_), mean, spread, scale, skew in zip(_CHANNELS, means, spreads, scales, skews, strict=True):
        yield f"{name}_mean", float(mean)
        yield f"{name}_sd", float(spread)
        if scale >= _STEADY:
            yield f"{name}_skew", float(skew)


def _channels(colors: Pixels, glass: Background) -> _Table:
    """Each channel of some pixels, in the order of `_CHANNELS`, shape (channels, pixels)."""
    strip = np.ascontiguousarray(colors[None])
    unit = strip.astype(np.float32) / np.float32(255)
    tables = (
        strip,
        cv2.cvtColor(unit, cv2.COLOR_RGB2HSV),
        cv2.cvtColor(unit, cv2.COLOR_RGB2Lab),
        optical_density(strip, glass),
    )
    return np.concatenate([np.asarray(table[0].T, np.float64) for table in tables])


def _of_numbers(table: _Table) -> tuple[_Row, _Table, _Row]:
    """Mean, distance from it, and standard deviation of each channel."""
    means = table.mean(axis=1)
    away = table - means[:, None]
    return means, away, np.sqrt(np.einsum("ij,ij->i", away, away) / table.shape[1])


def _of_angles(degrees: _Row) -> tuple[float, _Row, float]:
    """The same of directions."""
    radians = np.radians(degrees)
    x, y = float(np.cos(radians).mean()), float(np.sin(radians).mean())
    mean = math.degrees(math.atan2(y, x)) % 360
    spread = math.degrees(math.sqrt(max(0.0, -2 * math.log(max(math.hypot(x, y), 1e-12)))))
    return mean, (degrees - mean + 180) % 360 - 180, spread

"""Uneven light: how the glass darkens from place to place, as a smooth surface over the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.imaging.color import Floats
from leukoscope.imaging.segmentation.geometry import Place

WHOLE: Place = (0.0, 0.0, 1.0, 1.0)
_GLASS = 0.22
"""Absorbance up to which a pixel may be glass in poor light."""
_MAX_SHADE = 0.35
_SAMPLES = 4000
_MIN_SHARE = 0.12
_STRIP = 16


@dataclass(frozen=True, slots=True, eq=False)
class Shading:
    """Absorbance of empty glass as a quadratic of the place, one row of six coefficients a channel."""

    coefficients: NDArray[np.float64]

    def over(self, shape: tuple[int, ...], place: Place) -> Floats:
        """The surface over a window of the picture, shape (height, width, 3)."""
        y = np.linspace(place[1], place[3], shape[0]) * 2 - 1
        x = np.linspace(place[0], place[2], shape[1]) * 2 - 1
        c = self.coefficients.astype(np.float32)
        rows = c[:, 0] + y[:, None] * c[:, 2] + (y**2)[:, None] * c[:, 5]
        columns = x[:, None] * c[:, 1] + (x**2)[:, None] * c[:, 4]
        surface = np.empty((len(y), len(x), 3), np.float32)
        for top in range(0, len(y), _STRIP):  # a strip of one channel stays in the processor's cache
            strip = np.s_[top : top + _STRIP]
            mixed = y[strip, None] * x[None]
            for channel in range(3):
                plane = rows[strip, channel, None] + columns[None, :, channel]
                plane += mixed * c[channel, 3]
                np.clip(plane, -_MAX_SHADE, _MAX_SHADE, out=plane)
                surface[strip, :, channel] = plane
        return surface


def fit_shading(densities: Sequence[Floats], places: Sequence[Place]) -> Shading:
    """Fit the surface to what looks like glass, twice: the second time only to what lies near the first fit.

    Args:
        densities: Absorbance of the parts looked at, against one background color.
        places: Where each part lies.
    """
    terms, values, total = [], [], 0
    for density, place in zip(densities, places, strict=True):
        height, width = density.shape[:2]
        stride = max(1, round(np.sqrt(height * width * len(densities) / _SAMPLES)))
        sample = density[::stride, ::stride]
        y = np.linspace(place[1], place[3], sample.shape[0]) * 2 - 1
        x = np.linspace(place[0], place[2], sample.shape[1]) * 2 - 1
        grid_x, grid_y = np.meshgrid(x, y)
        glass = np.abs(sample).max(axis=2) < _GLASS
        total += glass.size
        gx, gy = grid_x[glass], grid_y[glass]
        terms.append(np.stack([np.ones_like(gx), gx, gy, gx * gy, gx**2, gy**2], axis=1))
        values.append(sample[glass].astype(np.float64))
    a, b = np.concatenate(terms), np.concatenate(values)
    if len(a) < max(30, _MIN_SHARE * total):
        return Shading(np.zeros((3, 6)))
    first = _ridge(a, b)
    near = np.abs(b - a @ first.T).max(axis=1) < 0.5 * _GLASS
    return Shading(_ridge(a[near], b[near]) if near.sum() >= 30 else first)


def _ridge(terms: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least squares that prefers a flat surface where there is little glass to go by."""
    penalty = np.diag([0.0, 1.0, 1.0, 1.0, 1.0, 1.0]) * 0.02 * len(terms)
    return np.asarray(np.linalg.solve(terms.T @ terms + penalty, terms.T @ values).T)

"""WHAT SHAPE IS IT?  Signed distances in micrometers (negative inside) on a window of the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.synthetic.texture import Floats, smooth_noise

Angles = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A window of the picture, in micrometers from an object's center.

    Attributes:
        x: Micrometers to the right of the center, per pixel.
        y: Micrometers below the center, per pixel.
        left: First column of the window in the picture; may be negative.
        top: First row of the window in the picture; may be negative.
        pixel_size_um: Edge length of a pixel.
    """

    x: Floats
    y: Floats
    left: int
    top: int
    pixel_size_um: float

    @classmethod
    def around(cls, center_um: tuple[float, float], reach_um: float, pixel_size_um: float) -> Patch:
        """The window that holds everything within `reach_um` of a center."""
        x_um, y_um = center_um
        left, top = (math.floor((c - reach_um) / pixel_size_um) - 1 for c in (x_um, y_um))
        right, bottom = (math.ceil((c + reach_um) / pixel_size_um) + 1 for c in (x_um, y_um))
        columns = ((np.arange(left, right) + 0.5) * pixel_size_um - x_um).astype(np.float32)
        rows = ((np.arange(top, bottom) + 0.5) * pixel_size_um - y_um).astype(np.float32)
        x, y = np.meshgrid(columns, rows)
        return cls(x, y, left, top, pixel_size_um)

    def noise(self, rng: np.random.Generator, scale_um: float) -> Floats:
        """Smooth noise over the window with blobs of about `scale_um`."""
        return smooth_noise(rng, self.x.shape, scale_um / self.pixel_size_um)

    def warped(self, rng: np.random.Generator, *, scale_um: float, by_um: float) -> Patch:
        """The same window bent at random, so that what is drawn on it becomes irregular."""
        return Patch(
            self.x + np.float32(by_um) * self.noise(rng, scale_um),
            self.y + np.float32(by_um) * self.noise(rng, scale_um),
            self.left,
            self.top,
            self.pixel_size_um,
        )

    def turned(self, center_um: tuple[float, float], angle: float) -> tuple[Floats, Floats]:
        """Coordinates about another center, with the x axis along `angle`."""
        x, y = self.x - np.float32(center_um[0]), self.y - np.float32(center_um[1])
        cosine, sine = np.float32(math.cos(angle)), np.float32(math.sin(angle))
        return x * cosine + y * sine, y * cosine - x * sine

    def coverage(self, distance: Floats) -> Floats:
        """Share of each pixel that a shape covers: an anti-aliased edge, 0.5 where the distance is 0."""
        cover: Floats = np.clip(0.5 - distance / np.float32(self.pixel_size_um), 0, 1)
        return cover


@dataclass(frozen=True, slots=True)
class RoundOutline:
    """A closed curve around the origin: a mean radius and its relative waves by harmonic.

    Attributes:
        radius_um: Radius of the circle of the same area.
        waves: (harmonic, relative amplitude, phase) of each wave.
    """

    radius_um: float
    waves: tuple[tuple[int, float, float], ...]

    @classmethod
    def random(cls, rng: np.random.Generator, radius_um: float, irregularity: float) -> RoundOutline:
        """An outline with waves 2 to 7, the higher the weaker; `irregularity` is the amplitude of the second."""
        waves = []
        for harmonic in range(2, 8):
            amplitude = irregularity * (2 / harmonic) ** 1.2 * float(rng.uniform(0.2, 1.0))
            waves.append((harmonic, amplitude, float(rng.uniform(0, 2 * math.pi))))
        return cls(radius_um, tuple(waves))

    def radius_at(self, angle: Angles) -> Angles:
        """Radius in micrometers in the directions given in radians."""
        relative = np.ones_like(angle)
        for harmonic, amplitude, phase in self.waves:
            relative = relative + amplitude * np.cos(harmonic * angle + phase)
        # The waves add half their squared amplitudes to the mean of r squared; the area must stay.
        swell = math.sqrt(1 + sum(amplitude**2 for _, amplitude, _ in self.waves) / 2)
        return relative * (self.radius_um / swell)

    @property
    def reach_um(self) -> float:
        """Greatest radius in any direction (an upper bound)."""
        return self.radius_um * (1 + sum(amplitude for _, amplitude, _ in self.waves))

    def distance(self, patch: Patch) -> Floats:
        """Radial distance from the curve."""
        away: Floats = np.hypot(patch.x, patch.y) - self.radius_at(np.arctan2(patch.y, patch.x)).astype(np.float32)
        return away


def ellipse(patch: Patch, center_um: tuple[float, float], radii_um: tuple[float, float], angle: float) -> Floats:
    """Distance from an ellipse, to first order."""
    x, y = patch.turned(center_um, angle)
    first, second = (np.float32(radius) for radius in radii_um)
    level = np.hypot(x / first, y / second)
    slope = np.hypot(x / first**2, y / second**2)
    away: Floats = level * (level - 1) / np.maximum(slope, np.float32(1e-6))
    return np.where(level < np.float32(1e-3), -min(first, second), away).astype(np.float32)


def segment(patch: Patch, start_um: tuple[float, float], end_um: tuple[float, float], half_width_um: float) -> Floats:
    """Distance from a straight bar with round ends."""
    across, down = np.float32(end_um[0] - start_um[0]), np.float32(end_um[1] - start_um[1])
    x, y = patch.x - np.float32(start_um[0]), patch.y - np.float32(start_um[1])
    along = np.clip((x * across + y * down) / max(float(across**2 + down**2), 1e-6), 0, 1)
    away: Floats = np.hypot(x - along * across, y - along * down) - np.float32(half_width_um)
    return away


def arc(
    patch: Patch,
    center_um: tuple[float, float],
    angle: float,
    *,
    bend_um: float,
    half_angle: float,
    half_width_um: float,
) -> Floats:
    """Distance from a bent bar: a band around the arc of radius `bend_um` that opens away from `angle`."""
    x, y = patch.turned(center_um, angle)
    aside = np.abs(y)
    sine, cosine = math.sin(half_angle), math.cos(half_angle)
    beyond = np.hypot(x - np.float32(bend_um * cosine), aside - np.float32(bend_um * sine))
    beside = np.abs(np.hypot(x, y) - np.float32(bend_um))
    away: Floats = np.where(cosine * aside > sine * x, beyond, beside) - np.float32(half_width_um)
    return away


def joined(first: Floats, second: Floats, blend_um: float) -> Floats:
    """Union with rounded inner corners (polynomial smooth minimum)."""
    share = np.clip(0.5 + (second - first) / np.float32(2 * blend_um), 0, 1)
    union: Floats = second + (first - second) * share - np.float32(blend_um) * share * (1 - share)
    return union

"""What does a classifier say when the picture is changed as another laboratory would change it?

The sizes are those seen between the data sets at hand; `color_statistics` measures them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels

Change = Callable[[Pixels], Pixels]
_GRAY = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True, slots=True)
class ColorStatistics:
    """Mean color of pictures, each the mean over pictures.

    Attributes:
        hue_degrees: Direction of the mean chroma, in [0, 360).
        saturation: Mean of (max - min) / max over channels, in [0, 1].
        value: Mean of the largest channel, in [0, 1].
    """

    hue_degrees: float
    saturation: float
    value: float


def color_statistics(images: Pixels, *, darkest: float = 1.0) -> ColorStatistics:
    """Mean color of pictures.

    Args:
        images: uint8, shape (n, height, width, 3).
        darkest: Share of each picture's pixels looked at, those of the lowest channel first: 0.1 is about the nuclei.
    """
    pixels = images.reshape(len(images), -1, 3).astype(np.float64) / 255
    count = max(1, round(darkest * pixels.shape[1]))
    order = np.argsort(pixels.min(axis=2), axis=1)[:, :count]
    chosen = np.take_along_axis(pixels, order[:, :, None], axis=1)
    top, low = chosen.max(axis=2), chosen.min(axis=2)
    # Chroma plane of the HSV hexagon: its direction is the hue, and weak colors weigh little.
    along = chosen[..., 0] - (chosen[..., 1] + chosen[..., 2]) / 2
    across = (chosen[..., 1] - chosen[..., 2]) * np.sqrt(3) / 2
    hue = np.degrees(np.arctan2(across.mean(), along.mean())) % 360
    saturation = np.divide(top - low, top, out=np.zeros_like(top), where=top > 0)
    return ColorStatistics(float(hue), float(saturation.mean()), float(top.mean()))


def turn_hue(degrees: float) -> Change:
    """Turn all colors around the gray axis."""
    angle = np.radians(degrees)
    cosine, sine = np.cos(angle), np.sin(angle) / np.sqrt(3)
    cross = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
    return _linear(np.eye(3) * cosine + (1 - cosine) / 3 + cross * sine)


def scale_saturation(factor: float) -> Change:
    """Scale the distance of all colors from gray of the same luma."""
    return _linear(np.eye(3) * factor + np.tile(_GRAY, (3, 1)) * (1 - factor))


def shift_brightness(amount: float) -> Change:
    """Add to all channels, as a share of full scale."""
    return lambda images: _to_pixels(images + amount * 255)


def paint_corner(rows: float, columns: float, color: tuple[int, int, int] | None) -> Change:
    """Cover the lower right corner from these shares of height and width on.

    Args:
        rows: Where it starts, as a share of the height.
        columns: Where it starts, as a share of the width.
        color: With what; None for the median color of the picture.
    """

    def change(images: Pixels) -> Pixels:
        painted = images.copy()
        top, left = int(images.shape[1] * rows), int(images.shape[2] * columns)
        paint = np.median(images, axis=(1, 2)) if color is None else np.tile(color, (len(images), 1))
        painted[:, top:, left:] = paint[:, None, None, :].astype(np.uint8)
        return painted

    return change


def _linear(matrix: NDArray[np.float64]) -> Change:
    return lambda images: _to_pixels(images @ matrix.T)


def _to_pixels(values: NDArray[np.floating]) -> Pixels:
    return np.asarray(np.clip(np.round(values), 0, 255), dtype=np.uint8)

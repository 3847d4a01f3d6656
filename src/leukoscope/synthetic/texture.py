"""WHAT IS ITS GRAIN?  Smooth noise and scattered granules."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_SUBPIXEL_BITS = 4


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], scale_px: float) -> Floats:
    """Noise whose blobs are about `scale_px` wide, with mean 0 and standard deviation near 1."""
    step = max(float(scale_px), 1.0)
    height, width = shape
    rows, columns = int(height / step) + 4, int(width / step) + 4
    coarse = rng.standard_normal((rows, columns), dtype=np.float32)
    size = (max(width, round(columns * step)), max(height, round(rows * step)))
    fine = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    # Cubic interpolation of white noise keeps about 0.58 of its variance.
    noise: Floats = fine[:height, :width] * np.float32(1.0 if step == 1.0 else 1.31)
    return noise


def smoothstep(low: float, high: float, values: Floats) -> Floats:
    """0 below `low`, 1 above `high`, smooth between."""
    share = np.clip((values - low) / (high - low), 0, 1)
    step: Floats = share * share * (3 - 2 * share)
    return step


def scatter(
    rng: np.random.Generator,
    inside: NDArray[np.bool_],
    *,
    count: int,
    radius_px: tuple[float, float],
    contrast: float = 0.5,
) -> Floats:
    """Round granules of random strength with their centers in `inside`; coverage in [0, 1].

    Args:
        rng: Source of randomness.
        inside: Where centers may lie, shape (height, width).
        count: Number of granules.
        radius_px: Least and greatest radius.
        contrast: How much weaker than 1 the weakest granule is, in [0, 1].
    """
    canvas = np.zeros(inside.shape, np.uint8)
    places = np.flatnonzero(inside)
    if count < 1 or not len(places):
        return canvas.astype(np.float32)
    rows, columns = np.divmod(rng.choice(places, count), inside.shape[1])
    unit = 1 << _SUBPIXEL_BITS
    centers = np.rint((np.stack([columns, rows], 1) + rng.uniform(-0.5, 0.5, (count, 2))) * unit).astype(int)
    radii = np.maximum(1, np.rint(rng.uniform(*radius_px, count) * unit)).astype(int)
    strengths = rng.integers(round(255 * (1 - contrast)), 256, count)
    for center, radius, strength in zip(centers.tolist(), radii.tolist(), strengths.tolist(), strict=True):
        cv2.circle(canvas, center, radius, strength, cv2.FILLED, cv2.LINE_AA, _SUBPIXEL_BITS)
    return canvas.astype(np.float32) / np.float32(255)


def bent(rng: np.random.Generator, picture: Floats, *, scale_px: float, by_px: float) -> Floats:
    """A single-channel picture distorted at random, so that round spots become irregular."""
    height, width = picture.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    x += np.float32(by_px) * smooth_noise(rng, (height, width), scale_px)
    y += np.float32(by_px) * smooth_noise(rng, (height, width), scale_px)
    moved: Floats = cv2.remap(picture, x, y, cv2.INTER_LINEAR).astype(np.float32, copy=False)
    return moved

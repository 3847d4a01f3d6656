"""WHAT DOES THE CAMERA SEE?  Absorbance becomes light, light becomes a picture."""

from __future__ import annotations

import math

import cv2
import numpy as np

from leukoscope.domain.images import Pixels
from leukoscope.synthetic.style import SmearStyle
from leukoscope.synthetic.texture import Floats, smooth_noise


def photograph(rng: np.random.Generator, absorbance: Floats, *, style: SmearStyle, pixel_size_um: float) -> Pixels:
    """Photograph a smear: Beer-Lambert, then lamp, focus, camera and noise.

    Args:
        rng: Source of the noise.
        absorbance: Natural-log optical density, shape (height, width, 3); it is overwritten.
        style: Light, focus and camera.
        pixel_size_um: Edge length of a pixel.

    Returns:
        RGB, shape (height, width, 3), 8 bits.
    """
    height, width = absorbance.shape[:2]
    absorbance += (style.film * smooth_noise(rng, (height, width), 3 / pixel_size_um))[..., None]
    light: Floats = np.exp(-absorbance, out=absorbance)
    light *= _lamp(style, height, width)[..., None]
    light *= np.asarray(style.stain.background, np.float32) * np.asarray(style.white_balance, np.float32)
    blur_px = style.blur_um / pixel_size_um
    if blur_px > 0.2:
        light = cv2.GaussianBlur(light, (0, 0), blur_px)  # type: ignore[assignment]
    if style.sharpening > 0:
        soft = cv2.GaussianBlur(light, (0, 0), 0.16 / pixel_size_um + 0.5)
        light += np.float32(style.sharpening) * (light - soft)
    np.clip(light, 0, None, out=light)
    light += _noise(rng, light, style)
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)


def _lamp(style: SmearStyle, height: int, width: int) -> Floats:
    """Light that reaches each pixel: exposure, darker corners, one darker side."""
    x = np.linspace(-1, 1, width, dtype=np.float32)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    angle = math.radians(style.gradient_deg)
    side = (x * math.cos(angle) - y * math.sin(angle)) / (abs(math.cos(angle)) + abs(math.sin(angle)))
    lamp = (1 - style.vignetting * (x**2 + y**2) / 2) * (1 - style.gradient * (side + 1) / 2) * style.brightness
    return lamp.astype(np.float32)


def _noise(rng: np.random.Generator, light: Floats, style: SmearStyle) -> Floats:
    """Shot and read noise, a little of it correlated between neighbors as demosaicing makes it."""
    deviation = np.sqrt(np.float32(style.read_noise**2) + np.float32(style.shot_noise**2 / 255) * light)
    height, width = light.shape[:2]
    common = smooth_noise(rng, (height, width), 1.7)[..., None]
    noise: Floats = rng.standard_normal(light.shape, dtype=np.float32)
    noise *= np.float32(0.8)
    noise += np.float32(0.6) * common
    noise *= deviation
    return noise

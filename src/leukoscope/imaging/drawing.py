"""Pictures for people: JPEG and PNG, thumbnails, crops of a cell, heat maps over it."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box
from leukoscope.errors import InvalidValueError
from leukoscope.imaging.preprocessing import resize

PAD = 238
"""Gray level shown where a window reaches past the edge of its picture."""

_BAND = 64  # rows of the result that are made at once

STRONGEST = 0.68
"""Opacity of the heat color where the activation is 1; the cell stays visible below it."""


def to_jpeg(pixels: Pixels, quality: int = 85) -> bytes:
    """A picture as JPEG.

    Args:
        pixels: The picture.
        quality: From 1 (small) to 100 (faithful).

    Raises:
        InvalidValueError: `quality` is not in [1, 100].
    """
    if not 1 <= quality <= 100:
        raise InvalidValueError(f"A JPEG quality must lie between 1 and 100, got {quality}.")
    return _encoded(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])


def to_png(pixels: Pixels) -> bytes:
    """A picture as PNG, without loss."""
    return _encoded(".png", pixels, [])


def shrink(pixels: Pixels, max_side: int) -> Pixels:
    """A picture whose longer side is at most `max_side` pixels; a smaller one is returned as it is.

    Example:
        >>> shrink(np.zeros((100, 200, 3), np.uint8), 50).shape
        (25, 50, 3)
    """
    height, width = pixels.shape[:2]
    factor = max_side / max(height, width)
    if factor >= 1:
        return pixels
    small_width, small_height = max(1, round(width * factor)), max(1, round(height * factor))
    if pixels.flags.c_contiguous:
        return resize(pixels, small_width, small_height)
    return _shrunk_in_bands(pixels, small_width, small_height)


def crop(pixels: Pixels, window: Box, side: int) -> Pixels:
    """What is inside a window, centered in a `side` x `side` square.

    Args:
        pixels: The picture.
        window: In pixels of the picture; it may reach past the edge, and need not be square: what is missing is gray.
        side: Edge of the result in pixels, at least 1.
    """
    return _squared(_seen(pixels, window, side), side)


def heat_overlay(pixels: Pixels, window: Box, activation: NDArray[np.float32], side: int) -> Pixels:
    """What is inside a window with a class-activation map over it, centered in a `side` x `side` square.

    Args:
        pixels: The picture.
        window: Where the map lies, in pixels of the picture; it may reach past the edge.
        activation: Shape (rows, columns), in [0, 1].
        side: Edge of the result in pixels, at least 1.
    """
    return _squared(overlay(_seen(pixels, window, side), activation), side)


def overlay(pixels: Pixels, activation: NDArray[np.float32]) -> Pixels:
    """A picture with a class-activation map stretched over all of it.

    The colors are those of viridis, whose greens and yellows stand out from stained cells and are told apart by
    color-blind readers; weak places stay transparent.

    Args:
        pixels: The picture.
        activation: Shape (rows, columns), in [0, 1].
    """
    height, width = pixels.shape[:2]
    smooth = cv2.resize(np.asarray(activation, np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    heat = np.clip(smooth, 0, 1)
    levels = np.asarray(np.round(heat * 255), np.uint8)
    colors = np.asarray(cv2.applyColorMap(levels, cv2.COLORMAP_VIRIDIS), np.float32)[..., ::-1]
    # Smoothstep from 0.2 to 0.9: noise of a few percent everywhere must not veil the picture.
    rise = np.clip((heat - 0.2) / 0.7, 0, 1)
    alpha = (STRONGEST * rise * rise * (3 - 2 * rise))[..., None]
    return np.asarray(np.round(pixels * (1 - alpha) + colors * alpha), np.uint8)


def _shrunk_in_bands(pixels: Pixels, width: int, height: int) -> Pixels:
    # OpenCV would copy a strided view (a picture turned by its EXIF orientation) whole: 300 MB at 100 MP.
    edges = [*range(0, height, _BAND), height]
    rows = [round(edge * pixels.shape[0] / height) for edge in edges]
    bands = [
        resize(pixels[top:bottom], width, below - above)
        for (above, below), (top, bottom) in zip(pairwise(edges), pairwise(rows), strict=True)
    ]
    return np.concatenate(bands)


def _seen(pixels: Pixels, window: Box, side: int) -> Pixels:
    left, top, right, bottom = (round(edge) for edge in window.as_list())
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    height, width = pixels.shape[:2]
    part = np.full((bottom - top, right - left, 3), PAD, np.uint8)
    rows, columns = slice(max(top, 0), min(bottom, height)), slice(max(left, 0), min(right, width))
    inside = pixels[rows, columns] if rows.stop > rows.start and columns.stop > columns.start else None
    if inside is not None:
        y, x = rows.start - top, columns.start - left
        part[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    factor = side / max(part.shape[:2])
    return resize(part, max(1, round(part.shape[1] * factor)), max(1, round(part.shape[0] * factor)))


def _squared(part: Pixels, side: int) -> Pixels:
    height, width = part.shape[:2]
    if height == width == side:
        return part
    square = np.full((side, side, 3), PAD, np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = part
    return square


def _encoded(suffix: str, pixels: Pixels, options: list[int]) -> bytes:
    done, content = cv2.imencode(suffix, cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2BGR), options)
    if not done:
        raise InvalidValueError(f"A picture of {pixels.shape} cannot be encoded as {suffix[1:].upper()}.")
    return content.tobytes()

"""16-bit PNG and TIFF: Pillow drops the lower byte of their colors, OpenCV and tifffile keep it."""

from __future__ import annotations

from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.errors import UnsupportedImageError
from leukoscope.imaging.formats.common import LAID_ON_WHITE, flatten
from leukoscope.imaging.formats.header import damaged
from leukoscope.imaging.formats.tiff import TiffFacts

SENSOR_BITS = (8, 10, 12, 14, 16)
"""Depths that cameras deliver inside 16-bit files."""


def decode_deep(stream: BinaryIO, tiff: TiffFacts | None) -> tuple[Pixels, tuple[str, ...]]:
    """Decode a picture with more than 8 bits a channel.

    Args:
        stream: The file.
        tiff: Its facts; None for a PNG.

    Returns:
        RGB pixels as stored, and what to warn of.

    Raises:
        UnreadableImageError: The content is damaged.
        UnsupportedImageError: A planar TIFF in a compression other than deflate.
    """
    values = _planes(stream, tiff) if tiff is not None and tiff.planar else _packed(stream)
    scaled, told = to_8_bits(values)
    if tiff is not None and tiff.white_is_zero:
        scaled = 255 - scaled
    if scaled.shape[2] < 3:
        gray = scaled[..., :1]
        return np.repeat(gray, 3, axis=2), told
    if scaled.shape[2] == 3:
        return scaled, told
    opaque = bool(scaled[..., 3].min() == 255)
    return flatten(scaled[..., :4]), told if opaque else (*told, LAID_ON_WHITE)


def _packed(stream: BinaryIO) -> NDArray[Any]:
    """Shape (height, width, channels), channels in RGB order."""
    stream.seek(0)
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    values = cv2.imdecode(np.frombuffer(stream.read(), np.uint8), flags)
    if values is None:
        raise damaged("its content ends early or is not what its header says")
    if values.ndim == 2:
        return np.asarray(values[..., np.newaxis])
    order = [2, 1, 0, 3][: values.shape[2]]
    return np.asarray(values[..., order])


def _planes(stream: BinaryIO, tiff: TiffFacts) -> NDArray[Any]:
    if not tiff.streamed:
        raise UnsupportedImageError(
            "The TIFF holds 16-bit channels one after another, compressed in a way that is not read.",
            hint="Save it not compressed, or with the channels interleaved.",
        )
    import tifffile

    stream.seek(0)
    with tifffile.TiffFile(stream) as file:
        return np.moveaxis(file.pages.first.asarray(maxworkers=1), 0, 2)


def to_8_bits(values: NDArray[Any]) -> tuple[Pixels, tuple[str, ...]]:
    """Scale 16-bit values by the smallest usual sensor depth that holds the brightest of them.

    A 12-bit camera writes 0 to 4095 into a 16-bit file: divided by 257 the picture would be black. Stretching to the
    content instead would hide that a picture is under-exposed.

    Args:
        values: Any shape, uint8 or uint16.

    Returns:
        The same shape in 8 bits, and a sentence naming the range that was taken.

    Example:
        >>> to_8_bits(np.array([0, 2048, 4095], np.uint16))[0].tolist()
        [0, 128, 255]
    """
    if values.dtype == np.uint8:
        return values, ()
    brightest = int(values.max())
    full = next(2**bits - 1 for bits in SENSOR_BITS if brightest < 2**bits)
    scaled = np.empty(values.shape, np.uint8)
    for row, line in enumerate(values):
        scaled[row] = np.rint(line * np.float32(255 / full))
    return scaled, (f"16-bit values were scaled to 8 bits; full brightness was taken as {full}.",)

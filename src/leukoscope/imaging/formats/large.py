"""Pictures above 25 megapixels: decoded straight into the final array, because every copy is 300 MB.

Each route was measured with benchmarks/reading_memory.py.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from leukoscope.domain.images import Pixels
from leukoscope.imaging.formats.common import open_with_pillow
from leukoscope.imaging.formats.header import Header, damaged
from leukoscope.imaging.formats.recognition import Format
from leukoscope.imaging.formats.tiff import TiffFacts

_BAND_ROWS = 64
_READ_BYTES = 1 << 24
_MARK = (1, 254, 77)
"""A color put into the corners, to see whether the decoder wrote anything at all."""


def decode_large(stream: BinaryIO, kind: Format, header: Header, path: Path | None, tiff: TiffFacts | None) -> Pixels:
    """Decode a large 8-bit RGB or gray picture.

    Args:
        stream: The file.
        kind: Its kind, not WebP.
        header: Its size.
        path: Where it lies; None when there are only bytes (a temporary file is made where one is needed).
        tiff: Its facts when it is a TIFF.

    Returns:
        RGB pixels as stored.

    Raises:
        UnreadableImageError: The content is damaged.
    """
    if kind == "BMP":
        return _bmp(stream, header)
    if tiff is not None and tiff.streamed:
        return _streamed_tiff(stream, header, tiff)
    if kind == "JPEG":
        _check_whole_jpeg(stream)
    return _opencv(stream, header, path)


def _opencv(stream: BinaryIO, header: Header, path: Path | None) -> Pixels:
    if path is not None:
        return _opencv_file(path, header)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "picture")
        stream.seek(0)
        with copy.open("wb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)
        return _opencv_file(copy, header)


def _opencv_file(path: Path, header: Header) -> Pixels:
    """`imread` into our own array: without it OpenCV 5 holds the picture twice."""
    pixels = np.zeros((header.height, header.width, 3), np.uint8)
    corners = pixels[:: header.height - 1, :: header.width - 1] if min(pixels.shape[:2]) > 1 else pixels[:1, :1]
    corners[...] = _MARK
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    done = cv2.imread(str(path), pixels, flags)
    if done is None or done.shape != pixels.shape or bool((corners == _MARK).all()):
        raise damaged("its content ends early or is not what its header says")
    return np.asarray(done, np.uint8)


def _check_whole_jpeg(stream: BinaryIO) -> None:
    """Pillow raises on a JPEG that is cut short, where OpenCV fills up with gray; an eighth of the size is cheap."""
    image = open_with_pillow(stream, "JPEG")
    image.draft("RGB", (1, 1))
    image.load()


def _bmp(stream: BinaryIO, header: Header) -> Pixels:
    """24-bit rows, blue first, padded to four bytes, the lowest first unless the height is negative."""
    stream.seek(10)
    start, _, _, height = struct.unpack("<IIii", stream.read(16))
    stream.seek(start)
    stride = (3 * header.width + 3) // 4 * 4
    pixels = np.empty((header.height, header.width, 3), np.uint8)
    target = pixels if height < 0 else pixels[::-1]
    for top in range(0, header.height, _BAND_ROWS):
        rows = min(_BAND_ROWS, header.height - top)
        band = np.frombuffer(stream.read(rows * stride), np.uint8).reshape(rows, stride)
        target[top : top + rows] = band[:, : 3 * header.width].reshape(rows, header.width, 3)[..., ::-1]
    return pixels


def _streamed_tiff(stream: BinaryIO, header: Header, tiff: TiffFacts) -> Pixels:
    import tifffile

    stream.seek(0)
    with tifffile.TiffFile(stream) as file:
        page = file.pages.first
        stored = np.zeros(page.shape, np.uint8)
        page.asarray(out=stored, maxworkers=1, buffersize=_READ_BYTES)
    if stored.ndim == 3 and not tiff.planar:
        return stored
    pixels = np.empty((header.height, header.width, 3), np.uint8)
    for channel in range(3):
        pixels[..., channel] = stored if stored.ndim == 2 else stored[channel]
    return np.asarray(np.invert(pixels, out=pixels) if tiff.white_is_zero else pixels)

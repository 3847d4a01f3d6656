"""Pictures of ordinary size, of any kind: decoded by Pillow, then flattened to RGB in bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.imaging.formats.recognition import Format

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_BAND_PIXELS = 1 << 20
_WITH_ALPHA = frozenset({"RGBA", "LA", "PA", "RGBa", "La"})
LAID_ON_WHITE = "Transparent parts of the picture were laid on white."


def decode_common(stream: BinaryIO, kind: Format) -> tuple[Pixels, tuple[str, ...]]:
    """Decode a picture with Pillow.

    Returns:
        RGB pixels (upright for a TIFF, as stored otherwise) and what to warn of.
    """
    image = open_with_pillow(stream, kind)
    image.load()
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        return _in_bands(image, "RGBA")
    return _in_bands(image, "RGB")


def open_with_pillow(stream: BinaryIO, kind: Format) -> ImageFile:
    """Pillow's reader for one format, without its other plugins and its own size check (ours came before)."""
    stream.seek(0)
    if kind == "JPEG":
        from PIL.JpegImagePlugin import JpegImageFile

        return JpegImageFile(stream)
    if kind == "PNG":
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile(stream)
    if kind == "BMP":
        from PIL.BmpImagePlugin import BmpImageFile

        return BmpImageFile(stream)
    if kind == "TIFF":
        from PIL.TiffImagePlugin import TiffImageFile

        return TiffImageFile(stream)
    from PIL.WebPImagePlugin import WebPImageFile

    return WebPImageFile(stream)


def _in_bands(image: ImageFile, mode: str) -> tuple[Pixels, tuple[str, ...]]:
    """Convert band by band: Pillow's and NumPy's whole copies would double the memory."""
    width, height = image.size
    rows = max(1, _BAND_PIXELS // width)
    pixels = np.empty((height, width, 3), np.uint8)
    opaque = True
    for top in range(0, height, rows):
        band: Any = image if rows >= height else image.crop((0, top, width, min(top + rows, height)))
        part = np.asarray(band if band.mode == mode else band.convert(mode))
        if mode == "RGBA":
            opaque &= bool(part[..., 3].min() == 255)
            part = flatten(part)
        pixels[top : top + rows] = part
    return pixels, () if opaque else (LAID_ON_WHITE,)


def flatten(rgba: NDArray[np.uint8]) -> Pixels:
    """Lay RGBA pixels on white."""
    alpha = rgba[..., 3:].astype(np.uint16)
    laid = (rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return laid.astype(np.uint8)

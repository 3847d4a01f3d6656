"""From a stream whose header is accepted to RGB pixels, as stored (not yet turned upright)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.errors import InputError
from leukoscope.imaging.formats import Format
from leukoscope.imaging.formats_header import MAX_COSTLY_PIXELS, Header, damaged

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

SENSOR_BITS = (8, 10, 12, 14, 16)
"""Depths that cameras deliver inside 16-bit files."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """Pixels as stored, and what to tell about them.

    `orientation` is the EXIF orientation that is still to be applied, 1 to 8; `density` is pixels per meter where the
    file claims one.
    """

    pixels: Pixels
    orientation: int = 1
    density: float | None = None
    warnings: tuple[str, ...] = ()


def decode(stream: BinaryIO, kind: Format, header: Header, *, white_is_zero: bool = False) -> Decoded:
    """Decode the (first) picture of a stream.

    Args:
        stream: The whole file, open for reading.
        kind: What `recognize` said.
        header: The header, already checked against the limits.
        white_is_zero: A 16-bit gray TIFF whose 0 is white.

    Raises:
        UnreadableImageError: The picture is damaged or cut short.
    """
    stream.seek(0)
    try:
        if header.bits > 8:
            return _decode_deep(stream, kind, white_is_zero=white_is_zero)
        if header.pixels > MAX_COSTLY_PIXELS:
            return _decode_large(stream, kind)
        return _decode_common(stream, kind)
    except InputError:
        raise
    except Exception as error:  # Pillow and OpenCV raise a dozen kinds on damaged files
        raise damaged("its content ends early or is not what the header says") from error


def _open(stream: BinaryIO, kind: Format) -> ImageFile:
    """Pillow's reader for one format, without loading its other plugins or its own size check (ours came before)."""
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


def _decode_common(stream: BinaryIO, kind: Format) -> Decoded:
    image: Any = _open(stream, kind)
    orientation = 1 if kind == "TIFF" else _orientation(image)  # Pillow turns a TIFF itself while loading
    image.load()
    alpha_warning: tuple[str, ...] = ()
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        pixels, alpha_warning = flatten(np.asarray(image.convert("RGBA")))
    else:
        pixels = np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
    return Decoded(pixels, orientation, _density(image, kind), alpha_warning)


def _orientation(image: ImageFile) -> int:
    try:
        value = int(image.getexif().get(274, 1))
    except Exception:  # a damaged EXIF block must not cost the picture
        return 1
    return value if 1 <= value <= 8 else 1


def _density(image: ImageFile, kind: Format) -> float | None:
    if kind != "PNG" or "dpi" not in image.info:
        return None
    across, down = image.info["dpi"]
    return float(across) / 0.0254 if across > 0 and abs(across - down) <= 0.01 * across else None


def flatten(rgba: NDArray[np.uint8]) -> tuple[Pixels, tuple[str, ...]]:
    """Lay a picture with an alpha channel on white.

    Returns:
        RGB pixels, and a sentence when any part was not opaque.
    """
    alpha = rgba[..., 3]
    if int(alpha.min()) == 255:
        return np.ascontiguousarray(rgba[..., :3]), ()
    white = np.full(rgba.shape[:2], 255, np.uint8)
    share = cv2.multiply(cv2.merge([alpha] * 3), np.ascontiguousarray(rgba[..., :3]), scale=1 / 255)
    rest = cv2.subtract(white, alpha)
    laid = np.asarray(cv2.add(share, cv2.merge([rest] * 3)), dtype=np.uint8)
    return laid, ("Transparent parts of the picture were laid on white.",)


def _decode_deep(stream: BinaryIO, kind: Format, *, white_is_zero: bool) -> Decoded:
    content = np.frombuffer(stream.read(), np.uint8)
    values = cv2.imdecode(content, cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    if values is None:
        raise damaged("its content ends early or is not what the header says")
    deep = values if values.ndim == 3 else values[..., np.newaxis]
    scaled, warnings = to_8_bits(np.asarray(deep))
    if white_is_zero:
        scaled = 255 - scaled
    if scaled.shape[2] == 1:
        return Decoded(np.repeat(scaled, 3, axis=2), warnings=warnings)
    rgb = np.ascontiguousarray(scaled[..., 2::-1])
    if scaled.shape[2] == 3:
        return Decoded(rgb, warnings=warnings)
    laid, more = flatten(np.dstack([rgb, scaled[..., 3]]))
    return Decoded(laid, warnings=warnings + more)


def to_8_bits(values: NDArray[Any]) -> tuple[Pixels, tuple[str, ...]]:
    """Scale 16-bit values by the smallest usual sensor depth that holds the brightest of them.

    A 12-bit camera writes 0 to 4095 into a 16-bit file: divided by 257 the picture would be black. Stretching to the
    content instead would hide that a picture is under-exposed.

    Args:
        values: Any shape, uint8 or uint16.

    Returns:
        The same shape in 8 bits, and a sentence naming the depth that was taken.
    """
    if values.dtype == np.uint8:
        return values, ()
    brightest = int(values.max())
    depth = next(bits for bits in SENSOR_BITS if brightest < 2**bits)
    scaled = cv2.convertScaleAbs(values, alpha=255 / (2**depth - 1)).reshape(values.shape)
    told = f"16-bit values were scaled to 8 bits; full brightness was taken as {2**depth - 1}."
    return np.asarray(scaled, np.uint8), (told,)


def _decode_large(stream: BinaryIO, kind: Format) -> Decoded:
    orientation = 1
    if kind in {"JPEG", "PNG"}:
        orientation = _orientation(_open(stream, kind))
    if kind == "JPEG":
        _check_whole_jpeg(stream)
    stream.seek(0)
    content = np.frombuffer(stream.read(), np.uint8)
    pixels = cv2.imdecode(content, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise damaged("its content ends early or is not what the header says")
    return Decoded(np.asarray(pixels, np.uint8), orientation)


def _check_whole_jpeg(stream: BinaryIO) -> None:
    """Pillow raises on a JPEG that is cut short, where OpenCV fills up with gray; an eighth of the size is cheap."""
    stream.seek(0)
    image = _open(stream, "JPEG")
    image.draft("RGB", (1, 1))
    image.load()

"""From a stream whose header is accepted to RGB pixels: which decoder takes which picture."""

from __future__ import annotations

import errno
import logging
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import cv2

from leukoscope.domain.images import Pixels
from leukoscope.errors import InputError, UnreadableImageError
from leukoscope.imaging.formats.common import decode_common
from leukoscope.imaging.formats.deep import decode_deep
from leukoscope.imaging.formats.header import Header, check_size, damaged
from leukoscope.imaging.formats.headers import read_bmp_header, read_jpeg_header, read_webp_header
from leukoscope.imaging.formats.large import decode_large
from leukoscope.imaging.formats.png import read_png_header
from leukoscope.imaging.formats.recognition import Format
from leukoscope.imaging.formats.tiff import TiffFacts, read_tiff_facts

_CONTENT = "its content ends early or is not what its header says"
_MACHINE_ERRORS = frozenset({errno.ENOSPC, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EIO})


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """Pixels as stored, and what the file tells about them.

    Attributes:
        pixels: RGB.
        orientation: The EXIF orientation that is still to be applied, 1 to 8.
        pixel_um: Claimed edge length of a pixel; not yet judged for plausibility.
        warnings: One sentence each.
    """

    pixels: Pixels
    orientation: int
    pixel_um: float | None
    warnings: tuple[str, ...]


def decode(stream: BinaryIO, kind: Format, path: Path | None) -> Decoded:
    """Decode the (first) picture of a file.

    Args:
        stream: The whole file, open for reading.
        kind: What `recognize` said.
        path: Where the file lies; None when there are only bytes.

    Raises:
        UnreadableImageError: The picture is damaged or cut short.
        UnsupportedImageError: It is too large, or of a make that is not read.
    """
    _silence_libraries()
    try:
        return _decode_tiff(stream, path) if kind == "TIFF" else _decode_other(stream, kind, path)
    except InputError:
        raise
    except (MemoryError, OSError) as error:
        raise _machine_at_fault(error) or damaged(_CONTENT) from error
    except Exception as error:  # Pillow, OpenCV and tifffile raise a dozen kinds on damaged files
        raise damaged(_CONTENT) from error


def _machine_at_fault(error: MemoryError | OSError) -> UnreadableImageError | None:
    """The error when memory, disk or open files ran out; None when the file itself is to blame."""
    if isinstance(error, OSError) and error.errno not in _MACHINE_ERRORS:
        return None
    return UnreadableImageError(
        "The picture could not be read because this computer ran out of memory, disk space or open files.",
        hint="Close other programs, or read it on a larger computer.",
    )


def _decode_tiff(stream: BinaryIO, path: Path | None) -> Decoded:
    facts = read_tiff_facts(stream)
    header = facts.header
    check_size(header)
    told = ("The file holds several pages; only the first was read.",) if facts.more_pages else ()
    pixels, upright, more = _tiff_pixels(stream, facts, path)
    return Decoded(pixels, 1 if upright else header.orientation, header.pixel_um, told + more)


def _tiff_pixels(stream: BinaryIO, facts: TiffFacts, path: Path | None) -> tuple[Pixels, bool, tuple[str, ...]]:
    """The pixels, whether the decoder turned them upright itself (Pillow and OpenCV do), and what to warn of."""
    header = facts.header
    if header.bits > 8:
        pixels, told = decode_deep(stream, facts)
        return pixels, not facts.planar, told
    if header.large:
        return decode_large(stream, "TIFF", header, path, facts), False, ()
    plain = not header.costly and not facts.white_is_zero and not facts.planar
    if facts.compressed and plain:  # on damaged data Pillow's libtiff writes to the terminal, OpenCV's does not
        pixels, told = decode_deep(stream, facts)
    else:
        pixels, told = decode_common(stream, "TIFF")
    return pixels, True, told


def _decode_other(stream: BinaryIO, kind: Format, path: Path | None) -> Decoded:
    header = _read_header(stream, kind)
    check_size(header)
    told: tuple[str, ...] = ()
    if header.bits > 8:
        pixels, told = decode_deep(stream, None)
    elif header.large:
        pixels = decode_large(stream, kind, header, path, None)
    else:
        pixels, told = decode_common(stream, kind)
    return Decoded(pixels, header.orientation, header.pixel_um, told)


def _read_header(stream: BinaryIO, kind: Format) -> Header:
    readers: dict[str, Callable[[BinaryIO], Header]] = {
        "JPEG": read_jpeg_header,
        "PNG": read_png_header,
        "BMP": read_bmp_header,
        "WebP": read_webp_header,
    }
    stream.seek(0, os.SEEK_SET)
    return readers[kind](stream)


def _silence_libraries() -> None:
    """What is wrong with a file is told by our errors and warnings, not by libraries on the terminal."""
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

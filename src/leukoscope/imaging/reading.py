"""From a path or bytes to an upright RGB picture: the ONE place that reads images.

What is read, and within which limits, is told in docs/reference/image_formats.md.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from leukoscope.domain.images import Pixels, PixelSize, SmearImage
from leukoscope.errors import InputNotFoundError, UnreadableImageError, UnsupportedImageError
from leukoscope.imaging import reading_folders
from leukoscope.imaging.formats.decoding import decode
from leukoscope.imaging.formats.recognition import HEAD_BYTES, recognize, suffix_warning

MAX_BYTES = 512 * 1024 * 1024
PLAUSIBLE_PIXEL_UM = (0.02, 2.0)
"""Micrometers per pixel a microscope can have; what screens and printers claim (72 to 1200 dpi) lies far above."""


def read_image(path: Path) -> SmearImage:
    """Read one picture from a file.

    Args:
        path: A JPEG, PNG, BMP, TIFF or WebP file, whatever its name.

    Returns:
        Upright RGB pixels, the SHA-256 of the file, its pixel size where the metadata is to be trusted, and warnings.

    Raises:
        InputNotFoundError: There is no such file.
        UnreadableImageError: It cannot be opened, is no image, or is damaged.
        UnsupportedImageError: It is an image of a kind or size that is refused.
    """
    try:
        with open(path, "rb", opener=open_without_waiting) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise UnreadableImageError("This is a device or pipe, not a file.", hint="Give the path of a picture.")
            return _read(stream, path)
    except FileNotFoundError as error:
        raise InputNotFoundError(f"There is no file {str(path)!r}.", hint="Check the path for a typo.") from error
    except IsADirectoryError as error:
        raise UnreadableImageError("This is a folder, not a picture.", hint="Give a picture inside it.") from error
    except PermissionError as error:
        raise UnreadableImageError(
            "The file may not be read by this user.", hint="Ask its owner for permission, or copy it."
        ) from error
    except OSError as error:
        raise UnreadableImageError(
            f"The file cannot be opened ({error.strerror or 'the system gives no reason'}).",
            hint="Check the disk or network drive it lies on.",
        ) from error


def read_image_bytes(content: bytes) -> SmearImage:
    """Read one picture from the bytes of its file.

    Raises:
        UnreadableImageError: The bytes are no image, or a damaged one.
        UnsupportedImageError: They are an image of a kind or size that is refused.
    """
    return _read(io.BytesIO(content), None)


def find_images(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """Every picture the given paths stand for; see `reading_folders.find_images`."""
    return reading_folders.find_images(paths)


def open_without_waiting(path: str, flags: int) -> int:
    """Open so that a named pipe does not block until somebody writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _read(stream: BinaryIO, path: Path | None) -> SmearImage:
    _check_bytes(stream.seek(0, os.SEEK_END))
    stream.seek(0)
    kind = recognize(stream.read(HEAD_BYTES))
    named = None if path is None else suffix_warning(path.suffix, kind)
    decoded = decode(stream, kind, path)
    return SmearImage(
        pixels=upright(decoded.pixels, decoded.orientation),
        sha256=_sha256(stream),
        pixel_size=_plausible(decoded.pixel_um),
        warnings=((named,) if named else ()) + decoded.warnings,
    )


def _check_bytes(size: int) -> None:
    if size > MAX_BYTES:
        raise UnsupportedImageError(
            f"The file has {size / 2**20:.0f} MiB; the limit is {MAX_BYTES // 2**20} MiB.",
            hint="Cut the picture into parts, or save it compressed.",
        )


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """A picture turned by its EXIF orientation, as a view of the same memory.

    Args:
        pixels: As stored.
        orientation: 1 to 8 as in EXIF 2.3, tag 0x0112.
    """
    turned = np.swapaxes(pixels, 0, 1) if orientation >= 5 else pixels
    down, across = {2: (1, -1), 3: (-1, -1), 4: (-1, 1), 6: (1, -1), 7: (-1, -1), 8: (-1, 1)}.get(orientation, (1, 1))
    return turned[::down, ::across]


def _plausible(um: float | None) -> PixelSize | None:
    low, high = PLAUSIBLE_PIXEL_UM
    return PixelSize(um, "metadata") if um is not None and low <= um <= high else None


def _sha256(stream: BinaryIO) -> str:
    stream.seek(0)
    return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]  # BinaryIO reads into a buffer

"""How large is a picture?  Told by its header, without decoding it."""

from __future__ import annotations

from pathlib import Path

from leukoscope.errors import UnreadableImageError

_ORIENTATION = 0x0112
_LYING = frozenset((5, 6, 7, 8))


def read_picture_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels as the picture is shown, after the turn that its EXIF data asks for.

    Raises:
        UnreadableImageError: The file is missing, is no picture, or has a damaged header.
    """
    from PIL import Image

    try:
        with Image.open(path) as picture:
            width, height = picture.size
            lying = picture.getexif().get(_ORIENTATION) in _LYING
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as fault:
        raise UnreadableImageError(
            f"The header of {path.name} cannot be read.", hint="Copy the picture again from where it came from."
        ) from fault
    return (height, width) if lying else (width, height)

"""Which kind of picture is this?  Told from the first bytes, never from the name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from leukoscope.errors import UnreadableImageError, UnsupportedImageError

Format = Literal["JPEG", "PNG", "BMP", "TIFF", "WebP"]

READ_FORMATS = "JPEG, PNG, BMP, TIFF and WebP"
HEAD_BYTES = 4096
"""How much of a file `recognize` looks at."""

_SUFFIXES: dict[str, frozenset[str]] = {
    "JPEG": frozenset({".jpg", ".jpeg", ".jpe", ".jfif"}),
    "PNG": frozenset({".png"}),
    "BMP": frozenset({".bmp", ".dib"}),
    "TIFF": frozenset({".tif", ".tiff", ".btf", ".tf8"}),
    "WebP": frozenset({".webp"}),
}
PICTURE_SUFFIXES = frozenset().union(*_SUFFIXES.values())
"""Ends of the names of pictures that are read, in lower case."""
_BMP_HEADER_SIZES = frozenset({12, 40, 52, 56, 64, 108, 124})


@dataclass(frozen=True, slots=True)
class _Mark:
    """Bytes at a place in the head that give a kind of file away."""

    kind: str
    mark: bytes
    at: int = 0


_READ: tuple[_Mark, ...] = (
    _Mark("JPEG", b"\xff\xd8\xff"),
    _Mark("PNG", b"\x89PNG\r\n\x1a\n"),
    _Mark("TIFF", b"II*\0"),
    _Mark("TIFF", b"MM\0*"),
    _Mark("TIFF", b"II+\0"),
    _Mark("TIFF", b"MM\0+"),
    _Mark("WebP", b"WEBP", 8),
)
_REFUSED: tuple[_Mark, ...] = (
    _Mark("a GIF picture", b"GIF8"),
    _Mark("a DICOM file", b"DICM", 128),
    _Mark("a JPEG 2000 picture", b"\0\0\0\x0cjP  "),
    _Mark("a JPEG 2000 picture", b"\xff\x4f\xff\x51"),
    _Mark("an AVIF picture", b"ftypavif", 4),
    _Mark("a HEIC picture", b"ftyphei", 4),
    _Mark("a HEIC picture", b"ftypmif1", 4),
    _Mark("a Photoshop document", b"8BPS"),
    _Mark("a Zeiss CZI file", b"ZISRAWFILE"),
    _Mark("a PDF document", b"%PDF"),
    _Mark("an icon file", b"\0\0\1\0"),
    _Mark("a zip archive or office document", b"PK\3\4"),
    _Mark("a gzip archive", b"\x1f\x8b"),
    _Mark("a video", b"ftyp", 4),
    _Mark("a video", b"AVI ", 8),
    _Mark("an SVG drawing", b"<svg"),
)


def recognize(head: bytes) -> Format:
    r"""The kind of picture that begins with these bytes.

    Args:
        head: The first `HEAD_BYTES` of the file, or all of a shorter one.

    Raises:
        UnreadableImageError: The file is empty, text, or nothing that is known.
        UnsupportedImageError: It is a kind of file that is known and not read.

    Example:
        >>> recognize(b"\x89PNG\r\n\x1a\n")
        'PNG'
    """
    if not head:
        raise UnreadableImageError("The file is empty.", hint="Copy it again from the microscope or the archive.")
    found = _known(head)
    if found is None:
        raise _not_read(head)
    return found


def suffix_warning(suffix: str, kind: Format) -> str | None:
    """A sentence when the end of a file's name promises another kind than its content, else None.

    Args:
        suffix: End of the name with its dot, in any case; may be empty.
        kind: What the content is.
    """
    if not suffix or suffix.lower() in _SUFFIXES[kind]:
        return None
    return f"The file's name ends in {suffix.lower()!r}, but it holds a {kind} picture and was read as that."


def _known(head: bytes) -> Format | None:
    for mark in _READ:
        if head.startswith(mark.mark, mark.at):
            return mark.kind  # type: ignore[return-value]  # kinds of _READ are Formats
    # "BM" alone begins many a text: the header's own size must follow it.
    if (
        head.startswith(b"BM")
        and len(head) > 18
        and head[14] in {12, 40, 52, 56, 64, 108, 124}
        and head[15:18] == b"\0" * 3
    ):
        return "BMP"
    return None


def _not_read(head: bytes) -> UnreadableImageError | UnsupportedImageError:
    for mark in _REFUSED:
        if head.startswith(mark.mark, mark.at):
            return UnsupportedImageError(
                f"The file is {mark.kind}, which is not read.", hint=f"Save it as one of {READ_FORMATS}."
            )
    what = "text" if _is_text(head) else "no image of a known kind"
    return UnreadableImageError(
        f"The file is {what}, whatever its name says." if what == "text" else f"The file is {what}.",
        hint=f"Give a picture: {READ_FORMATS} are read.",
    )


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    odd = sum(byte < 32 and byte not in {9, 10, 12, 13, 27} for byte in head[:1024])
    return odd == 0

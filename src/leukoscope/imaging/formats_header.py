"""How large is a picture, and of what make?  Read from the header, before anything is decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from leukoscope.errors import UnreadableImageError, UnsupportedImageError
from leukoscope.imaging.formats import Format

MAX_PLAIN_PIXELS = 100_000_000
"""For 8-bit RGB or gray, decoded line by line into the final array (3 bytes a pixel)."""
MAX_COSTLY_PIXELS = 25_000_000
"""For everything whose decoding takes several times the final array."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture's header claims.

    Attributes:
        width: In pixels, as stored (before any turning).
        height: In pixels, as stored.
        bits: Bits of one channel.
        costly: Why decoding takes more memory than the result ("16-bit", "alpha"...); empty for a plain picture.
    """

    width: int
    height: int
    bits: int = 8
    costly: str = ""

    @property
    def pixels(self) -> int:
        """Number of pixels claimed."""
        return self.width * self.height


def check_size(header: Header) -> None:
    """Refuse a picture that is too large to decode, or has no extent.

    Raises:
        UnreadableImageError: Width or height is not positive.
        UnsupportedImageError: There are more pixels than can be read within the memory budget.
    """
    if header.width <= 0 or header.height <= 0:
        raise damaged(f"its header claims {header.width} x {header.height} pixels")
    limit = MAX_COSTLY_PIXELS if header.costly else MAX_PLAIN_PIXELS
    if header.pixels <= limit:
        return
    kind = f"{header.costly} pictures" if header.costly else "8-bit RGB and gray pictures"
    advice = "Save it as 8-bit RGB, or cut it into parts." if header.costly else "Cut it into parts or shrink it."
    raise UnsupportedImageError(
        f"The picture has {header.width} x {header.height} pixels ({header.pixels / 1e6:.1f} megapixels); "
        f"the limit for {kind} is {limit / 1e6:.0f} megapixels.",
        hint=advice,
    )


def damaged(reason: str) -> UnreadableImageError:
    """The error for a file that is a picture of a known kind, but broken."""
    return UnreadableImageError(
        f"The picture is damaged or cut short: {reason}.", hint="Copy it again from the microscope or the archive."
    )


def read_header(stream: BinaryIO, kind: Format) -> Header:
    """The header of a JPEG, PNG, BMP or WebP picture.

    Raises:
        UnreadableImageError: The header is cut short or contradicts itself.
        UnsupportedImageError: A make of the format that is not read.
    """
    stream.seek(0)
    try:
        return {"JPEG": _jpeg, "PNG": _png, "BMP": _bmp, "WebP": _webp}[kind](stream)
    except (struct.error, IndexError) as error:
        raise damaged("it ends within its header") from error


def _jpeg(stream: BinaryIO) -> Header:
    stream.seek(2)
    while True:
        marker = _next_marker(stream)
        if marker in {0xD9, 0xDA}:
            raise damaged("it has no size")
        (length,) = struct.unpack(">H", stream.read(2))
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            break
        stream.seek(length - 2, 1)
    bits, height, width, channels = struct.unpack(">BHHB", stream.read(6))
    if bits != 8 or marker not in {0xC0, 0xC1, 0xC2}:
        raise UnsupportedImageError(
            "This make of JPEG (lossless, arithmetic or more than 8 bits) is not read.",
            hint="Save it as an ordinary JPEG, PNG or TIFF.",
        )
    costly = "CMYK" if channels == 4 else "progressive JPEG" if marker == 0xC2 else ""
    return Header(width, height, 8, costly)


def _next_marker(stream: BinaryIO) -> int:
    byte = stream.read(1)
    while byte and byte != b"\xff":
        byte = stream.read(1)
    while byte == b"\xff":
        byte = stream.read(1)
    return byte[0]


def _png(stream: BinaryIO) -> Header:
    stream.seek(8)
    _, name, width, height, bits, color = struct.unpack(">I4sIIBB", stream.read(18))
    if name != b"IHDR":
        raise damaged("it does not begin with its header")
    costly = "16-bit" if bits == 16 else {3: "palette", 4: "alpha", 6: "alpha"}.get(color, "")
    return Header(width, height, bits, costly)


def _bmp(stream: BinaryIO) -> Header:
    stream.seek(14)
    (size,) = struct.unpack("<I", stream.read(4))
    if size == 12:
        width, height, _, bits = struct.unpack("<HHHH", stream.read(8))
        packed = 0
    else:
        width, height, _, bits, packed = struct.unpack("<iiHHI", stream.read(16))
    plain = bits == 24 and packed == 0
    return Header(width, abs(height), 8, "" if plain else "palette" if bits <= 8 else "alpha")


def _webp(stream: BinaryIO) -> Header:
    stream.seek(12)
    name, _ = struct.unpack("<4sI", stream.read(8))
    body = stream.read(10)
    if name == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return Header(width & 0x3FFF, height & 0x3FFF, 8, "WebP")
    if name == b"VP8L":
        packed = struct.unpack("<I", body[1:5])[0]
        return Header((packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1, 8, "WebP")
    if name == b"VP8X":
        width = int.from_bytes(body[4:7], "little") + 1
        return Header(width, int.from_bytes(body[7:10], "little") + 1, 8, "WebP")
    raise damaged("its header is not that of a WebP picture")

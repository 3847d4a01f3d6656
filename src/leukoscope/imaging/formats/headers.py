"""The headers of JPEG, BMP and WebP; those of PNG and TIFF have modules of their own."""

from __future__ import annotations

import struct
from typing import BinaryIO

from leukoscope.errors import UnsupportedImageError
from leukoscope.imaging.formats.header import Header, damaged, exif_orientation

_END_OF_IMAGE, _START_OF_SCAN, _APP1 = 0xD9, 0xDA, 0xE1
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BASELINE, _EXTENDED, _PROGRESSIVE = 0xC0, 0xC1, 0xC2


def read_jpeg_header(stream: BinaryIO) -> Header:
    """The header of a JPEG.

    Raises:
        UnreadableImageError: It is cut short or tells no size.
        UnsupportedImageError: A make of JPEG that is not read.
    """
    stream.seek(2)
    exif = b""
    while (marker := _next_marker(stream)) not in _FRAMES:
        if marker in {_END_OF_IMAGE, _START_OF_SCAN}:
            raise damaged("it tells no size")
        body = stream.read(_unpack(">H", stream) - 2)
        if marker == _APP1 and body.startswith(b"Exif\0\0"):
            exif = exif or body
    _unpack(">H", stream)
    bits, height, width, channels = struct.unpack(">BHHB", stream.read(6))
    if bits != 8 or marker not in {_BASELINE, _EXTENDED, _PROGRESSIVE}:
        raise UnsupportedImageError(
            "This make of JPEG (lossless, arithmetic or more than 8 bits) is not read.",
            hint="Save it as an ordinary JPEG, PNG or TIFF.",
        )
    costly = "CMYK" if channels == 4 else "progressive JPEG" if marker == _PROGRESSIVE else ""
    return Header(width, height, 8, costly, exif_orientation(exif))


def _next_marker(stream: BinaryIO) -> int:
    byte = stream.read(1)
    while byte and byte != b"\xff":
        byte = stream.read(1)
    while byte == b"\xff":
        byte = stream.read(1)
    return byte[0]


def _unpack(form: str, stream: BinaryIO) -> int:
    return int(struct.unpack(form, stream.read(struct.calcsize(form)))[0])


def read_bmp_header(stream: BinaryIO) -> Header:
    """The header of a Windows bitmap.

    Raises:
        UnreadableImageError: It is cut short.
    """
    stream.seek(14)
    if _unpack("<I", stream) == 12:
        width, height, _, bits = struct.unpack("<HHHH", stream.read(8))
        packed = 0
    else:
        width, height, _, bits, packed = struct.unpack("<iiHHI", stream.read(16))
    plain = bits == 24 and packed == 0
    return Header(width, abs(height), 8, "" if plain else "palette" if bits <= 8 else "alpha")


def read_webp_header(stream: BinaryIO) -> Header:
    """The header of a WebP picture.

    Raises:
        UnreadableImageError: It is cut short or not that of a WebP picture.
        UnsupportedImageError: It is an animation.
    """
    stream.seek(12)
    name, size = struct.unpack("<4sI", stream.read(8))
    body = stream.read(10)
    if name == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return Header(width & 0x3FFF, height & 0x3FFF, 8, "WebP")
    if name == b"VP8L":
        packed = struct.unpack("<I", body[1:5])[0]
        return Header((packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1, 8, "WebP")
    if name != b"VP8X":
        raise damaged("its header is not that of a WebP picture")
    if body[0] & 0x02:
        raise UnsupportedImageError("The file is an animated WebP, which is not read.", hint="Save one picture of it.")
    width, height = int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    stream.seek(20 + size + size % 2)
    return Header(width, height, 8, "WebP", exif_orientation(_webp_exif(stream)))


def _webp_exif(stream: BinaryIO) -> bytes:
    while len(head := stream.read(8)) == 8:
        name, size = struct.unpack("<4sI", head)
        if name == b"EXIF":
            return stream.read(size)
        stream.seek(size + size % 2, 1)
    return b""

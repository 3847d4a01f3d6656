"""A PNG's header, and whether its content is whole.

Pillow fills a PNG whose data ends early with black, and libpng writes its complaints to the terminal: so the data is
inflated once (not kept) before either of them sees it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from leukoscope.imaging.formats.header import Header, check_size, damaged, exif_orientation

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_BLOCK = 1 << 20
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column, first row, column step and row step of each pass (PNG specification, 8.2)."""


def read_png_header(stream: BinaryIO) -> Header:
    """The header of a PNG, once all of its content has been found whole.

    Raises:
        UnreadableImageError: A part is missing, or a checksum is wrong.
        UnsupportedImageError: It claims more pixels than are read.
    """
    stream.seek(8)
    length, name, width, height, bits, color, interlaced = struct.unpack(">I4sIIBBxxB", stream.read(21))
    if name != b"IHDR" or length != 13 or color not in _CHANNELS or bits not in {1, 2, 4, 8, 16}:
        raise damaged("it does not begin with its header")
    costly = "16-bit" if bits == 16 else {3: "palette", 4: "alpha", 6: "alpha"}.get(color, "")
    check_size(Header(width, height, bits, costly))
    expected = _data_size(width, height, bits * _CHANNELS[color], interlaced=bool(interlaced))
    notes = _walk(stream, expected)
    if b"tRNS" in notes:
        costly = costly or "alpha"
    return Header(width, height, bits, costly, exif_orientation(notes.get(b"eXIf", b"")), _pixel_um(notes))


def _data_size(width: int, height: int, bits_per_pixel: int, *, interlaced: bool) -> int:
    """Bytes of the inflated data: every line has one byte for its filter."""
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    total = 0
    for left, top, across, down in passes:
        columns, rows = -((left - width) // across), -((top - height) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits_per_pixel + 7) // 8)
    return total


def _walk(stream: BinaryIO, expected: int) -> dict[bytes, bytes]:
    """Check every chunk up to the end; return the short ones we read ourselves."""
    notes: dict[bytes, bytes] = {}
    inflate, inflated = zlib.decompressobj(), 0
    stream.seek(8)
    while True:
        length, name = struct.unpack(">I4s", stream.read(8))
        if name == b"IEND":
            break
        keep = name in {b"eXIf", b"pHYs", b"tRNS"} and length < _BLOCK
        for block in _blocks(stream, length, name):
            if keep:
                notes[name] = notes.get(name, b"") + block
            if name == b"IDAT" and inflated <= expected:
                inflated += _count(inflate, block, expected - inflated)
    if inflated < expected:
        raise damaged("it holds fewer lines than its header says")
    return notes


def _blocks(stream: BinaryIO, length: int, name: bytes) -> Iterator[bytes]:
    """A chunk's content piece by piece; its checksum is compared at the end."""
    checksum, left = zlib.crc32(name), length
    while left:
        block = stream.read(min(left, _BLOCK))
        if not block:
            raise damaged("it ends early")
        checksum, left = zlib.crc32(block, checksum), left - len(block)
        yield block
    if struct.unpack(">I", stream.read(4))[0] != checksum:
        raise damaged("a checksum is wrong")


def _count(inflate: zlib._Decompress, block: bytes, limit: int) -> int:
    """How many bytes a block inflates to, one more than `limit` at most, without keeping them."""
    total = 0
    while block and total <= limit:
        try:
            total += len(inflate.decompress(block, _BLOCK))
        except zlib.error as error:
            raise damaged("its compressed data is broken") from error
        block = inflate.unconsumed_tail
    return total


def _pixel_um(notes: dict[bytes, bytes]) -> float | None:
    """From pixels per meter, where the chunk has that unit and square pixels."""
    if len(notes.get(b"pHYs", b"")) != 9:
        return None
    across, down, unit = struct.unpack(">IIB", notes[b"pHYs"])
    return 1e6 / across if unit == 1 and across == down and across else None

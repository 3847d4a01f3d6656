"""What a TIFF says of its first page."""

from __future__ import annotations

import html
import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO

from leukoscope.errors import InputError, UnsupportedImageError
from leukoscope.imaging.formats.header import MAX_COSTLY_PIXELS, Header, damaged

if TYPE_CHECKING:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _DESCRIPTION = 256, 257, 258, 259, 262, 270
_ORIENTATION, _CHANNELS, _X_RESOLUTION, _Y_RESOLUTION, _PLANAR, _UNIT, _SAMPLE_FORMAT = (
    274,
    277,
    282,
    283,
    284,
    296,
    339,
)
_STRIPS, _TILES, _TILE_SIDES = (273, 279), (324, 325), (322, 323)
_WHITE_IS_ZERO, _PALETTE, _CMYK = 0, 3, 5
_READ_PHOTOMETRIC = frozenset({0, 1, 2, 3, 5, 6})
_READ_COMPRESSION = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946})
_UM_OF_UNIT = {2: 25_400.0, 3: 10_000.0}
_UM_PER = dict.fromkeys(("um", "\u00b5m", "\u03bcm", r"\u00b5m", "micron", "microns"), 1.0) | {"nm": 1e-3, "mm": 1e3}


@dataclass(frozen=True, slots=True)
class TiffFacts:
    """The first page of a TIFF.

    Attributes:
        header: Size and make.
        planar: The channels are stored one after another.
        compressed: Stored in any other way than as it is.
        streamed: Stored as it is or deflated: tifffile reads it piece by piece.
        white_is_zero: Gray in which 0 is white.
        more_pages: There is at least one more page.
    """

    header: Header
    planar: bool
    compressed: bool
    streamed: bool
    white_is_zero: bool
    more_pages: bool


def read_tiff_facts(stream: BinaryIO) -> TiffFacts:
    """The facts of the first page.

    Raises:
        UnreadableImageError: The directory is cut short or contradicts itself, or content is missing.
        UnsupportedImageError: A make of TIFF that is not read.
    """
    try:
        tags = _first_directory(stream)
        facts = _facts(tags)
        _check_content(tags, stream.seek(0, os.SEEK_END))
    except InputError:
        raise
    except Exception as error:  # Pillow's parser raises a dozen kinds on damaged directories
        raise damaged("its directory cannot be read") from error
    return facts


def _first_directory(stream: BinaryIO) -> ImageFileDirectory_v2:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    stream.seek(0)
    head = stream.read(8)
    if head.startswith(b"MM\0+"):
        raise _refused("big-endian BigTIFF data")
    if head[2:3] == b"+":  # BigTIFF has a longer head
        head += stream.read(8)
    tags = ImageFileDirectory_v2(head)
    stream.seek(tags.next)
    tags.load(stream)
    return tags


def _facts(tags: ImageFileDirectory_v2) -> TiffFacts:
    bits, photometric = int(max(_values(tags, _BITS, 1))), _number(tags, _PHOTOMETRIC, 1)
    compression = _number(tags, _COMPRESSION, 1)
    if bits > 16 or any(kind not in {1, 4} for kind in _values(tags, _SAMPLE_FORMAT, 1)):
        raise _refused(f"{bits}-bit, signed or floating-point values")
    if photometric not in _READ_PHOTOMETRIC or (bits > 8 and photometric in {_PALETTE, _CMYK}):
        raise _refused(f"colors of kind {photometric} with {bits} bits")
    if _number(tags, _CHANNELS, 1) > 5:
        raise _refused(f"{_number(tags, _CHANNELS, 1)} channels")
    if compression not in _READ_COMPRESSION:
        raise _refused(f"a compression (number {compression}) that is not read")
    facts = TiffFacts(
        header=Header(int(tags[_WIDTH]), int(tags[_HEIGHT]), bits, pixel_um=_pixel_um(tags)),
        planar=_number(tags, _PLANAR, 1) == 2,
        compressed=compression != 1,
        streamed=compression in {1, 8, 32946},
        white_is_zero=photometric == _WHITE_IS_ZERO,
        more_pages=bool(tags.next),
    )
    orientation = _number(tags, _ORIENTATION, 1)
    turned = replace(facts.header, orientation=orientation if 1 <= orientation <= 8 else 1)
    facts = replace(facts, header=turned)
    return replace(facts, header=replace(turned, costly=_costly(tags, facts, photometric)))


def _refused(what: str) -> UnsupportedImageError:
    return UnsupportedImageError(
        f"The TIFF holds {what}.", hint="Save it as gray or RGB with 8 or 16 bits a channel, LZW or not compressed."
    )


def _values(tags: ImageFileDirectory_v2, tag: int, default: float) -> tuple[Any, ...]:
    value = tags.get(tag, default)
    return value if isinstance(value, tuple) and value else (value,)


def _number(tags: ImageFileDirectory_v2, tag: int, default: int) -> int:
    return int(_values(tags, tag, default)[0])


def _costly(tags: ImageFileDirectory_v2, facts: TiffFacts, photometric: int) -> str:
    if facts.header.bits != 8:
        return f"{facts.header.bits}-bit"
    if photometric in {_PALETTE, _CMYK}:
        return "palette" if photometric == _PALETTE else "CMYK"
    if _number(tags, _CHANNELS, 1) not in {1, 3}:
        return "alpha"
    if not facts.streamed and (facts.planar or facts.header.orientation != 1):
        return "compressed planar or turned TIFF"
    return ""


def _check_content(tags: ImageFileDirectory_v2, size: int) -> None:
    """Every strip or tile must lie inside the file (libtiff would complain to the terminal), and no tile be huge."""
    across, down = (_number(tags, side, 1) for side in _TILE_SIDES)
    if across * down > MAX_COSTLY_PIXELS:
        raise _refused(f"tiles of {across} x {down} pixels")
    for offsets, counts in (_STRIPS, _TILES):
        if offsets not in tags or counts not in tags:
            continue
        places = zip(_values(tags, offsets, 0), _values(tags, counts, 0), strict=True)
        if any(start <= 0 or count <= 0 or start + count > size for start, count in places):
            raise damaged("a part of its content is missing")


def _pixel_um(tags: ImageFileDirectory_v2) -> float | None:
    """From OME-XML, else from ImageJ's unit, else from the resolution of the file."""
    description = _description(tags)
    ome = re.search(r'PhysicalSizeX="([0-9.eE+-]{1,30})"', description)
    if ome:
        unit = re.search(r'PhysicalSizeXUnit="([^"]{1,12})"', description)
        scale = _UM_PER.get(unit.group(1) if unit else "um")
        return None if scale is None else float(ome.group(1)) * scale
    across, down = (float(_values(tags, tag, 0)[0]) for tag in (_X_RESOLUTION, _Y_RESOLUTION))
    if not across > 0 or abs(across - down) > 0.01 * across:
        return None
    named = re.search(r"^unit=(\S{1,12})", description, re.MULTILINE) if description.startswith("ImageJ=") else None
    if named:
        scale = _UM_PER.get(named.group(1).lower())
        return None if scale is None else scale / across
    um = _UM_OF_UNIT.get(_number(tags, _UNIT, 2))
    return None if um is None else um / across


def _description(tags: ImageFileDirectory_v2) -> str:
    """Pillow reads the text as Latin-1; OME-XML is UTF-8, and its micro sign matters."""
    text = html.unescape(str(tags.get(_DESCRIPTION, "")))
    return text.encode("latin-1", "ignore").decode("utf-8", "ignore") if "\u00c2" in text or "\u00ce" in text else text

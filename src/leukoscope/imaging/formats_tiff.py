"""What a TIFF says of itself: size, make, orientation, pages, pixel size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from leukoscope.errors import UnsupportedImageError
from leukoscope.imaging.formats_header import Header, damaged

if TYPE_CHECKING:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _DESCRIPTION = 256, 257, 258, 259, 262, 270
_ORIENTATION, _CHANNELS, _X_RESOLUTION, _Y_RESOLUTION, _PLANAR, _UNIT = 274, 277, 282, 283, 284, 296
_EXTRA, _SAMPLE_FORMAT = 338, 339
_UM_OF_UNIT = {2: 25_400.0, 3: 10_000.0}
_UM_PER = {
    "um": 1.0,
    "\u00b5m": 1.0,
    "\u03bcm": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "\\u00b5m": 1.0,
    "nm": 1e-3,
    "mm": 1e3,
}


@dataclass(frozen=True, slots=True)
class TiffFacts:
    """The first page of a TIFF.

    Attributes:
        header: Size and make.
        orientation: 1 to 8, as in EXIF.
        planar: The channels are stored one after another.
        white_is_zero: Gray in which 0 is white.
        more_pages: There is at least one more page.
        pixel_um: Claimed edge length of a pixel, in micrometers; not yet judged for plausibility.
    """

    header: Header
    orientation: int
    planar: bool
    white_is_zero: bool
    more_pages: bool
    pixel_um: float | None


def read_tiff_facts(stream: BinaryIO) -> TiffFacts:
    """The facts of the first page.

    Raises:
        UnreadableImageError: The directory is cut short or contradicts itself.
        UnsupportedImageError: A make of TIFF that is not read.
    """
    try:
        tags = _first_directory(stream)
        return _facts(tags)
    except UnsupportedImageError:
        raise
    except Exception as error:  # Pillow's parser raises a dozen kinds on damaged directories
        raise damaged("its directory cannot be read") from error


def _first_directory(stream: BinaryIO) -> ImageFileDirectory_v2:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    stream.seek(0)
    head = stream.read(8)
    if head[2:3] == b"+" or head[3:4] == b"+":
        head += stream.read(8)
    tags = ImageFileDirectory_v2(head)
    stream.seek(tags.next)
    tags.load(stream)
    return tags


def _facts(tags: ImageFileDirectory_v2) -> TiffFacts:
    width, height = int(tags[_WIDTH]), int(tags[_HEIGHT])
    bits = max(int(value) for value in _numbers(tags, _BITS, 1))
    if bits > 16 or max(_numbers(tags, _SAMPLE_FORMAT, 1)) != 1:
        raise UnsupportedImageError(
            f"The TIFF holds {bits}-bit, signed or floating-point values.", hint="Save it with 8 or 16 bits a channel."
        )
    return TiffFacts(
        header=Header(width, height, bits, _costly(tags, bits)),
        orientation=int(_numbers(tags, _ORIENTATION, 1)[0]),
        planar=int(_numbers(tags, _PLANAR, 1)[0]) == 2,
        white_is_zero=int(_numbers(tags, _PHOTOMETRIC, 1)[0]) == 0,
        more_pages=bool(tags.next),
        pixel_um=_pixel_um(tags),
    )


def _costly(tags: ImageFileDirectory_v2, bits: int) -> str:
    channels, photometric = int(_numbers(tags, _CHANNELS, 1)[0]), int(_numbers(tags, _PHOTOMETRIC, 1)[0])
    if bits != 8:
        return f"{bits}-bit"
    if photometric in {3, 5}:
        return "palette" if photometric == 3 else "CMYK"
    if channels not in {1, 3}:
        return "alpha"
    if int(_numbers(tags, _PLANAR, 1)[0]) == 2:
        return "planar"
    return ""


def _numbers(tags: ImageFileDirectory_v2, tag: int, default: float) -> tuple[Any, ...]:
    value = tags.get(tag, default)
    return value if isinstance(value, tuple) and value else (value,)


def _pixel_um(tags: ImageFileDirectory_v2) -> float | None:
    description = str(tags.get(_DESCRIPTION, ""))
    ome = re.search(r'PhysicalSizeX="([0-9.eE+-]+)"', description)
    if ome:
        unit = re.search(r'PhysicalSizeXUnit="([^"]{1,8})"', description)
        scale = _UM_PER.get(unit.group(1) if unit else "um")
        return None if scale is None else float(ome.group(1)) * scale
    per_unit, per_unit_y = float(_numbers(tags, _X_RESOLUTION, 0)[0]), float(_numbers(tags, _Y_RESOLUTION, 0)[0])
    if per_unit <= 0 or abs(per_unit - per_unit_y) > 0.01 * per_unit:
        return None
    if description.startswith("ImageJ="):
        named = re.search(r"^unit=(\S+)", description, re.MULTILINE)
        scale = _UM_PER.get(named.group(1).lower()) if named else None
        if scale is not None:
            return scale / per_unit
    um = _UM_OF_UNIT.get(int(_numbers(tags, _UNIT, 2)[0]))
    return None if um is None else um / per_unit

"""How large is a picture, and of what make?  Told before anything is decoded, and checked against the limits."""

from __future__ import annotations

from dataclasses import dataclass

from leukoscope.errors import UnreadableImageError, UnsupportedImageError

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
        orientation: As in EXIF, 1 to 8.
        pixel_um: Claimed edge length of a pixel in micrometers; not yet judged for plausibility.
    """

    width: int
    height: int
    bits: int = 8
    costly: str = ""
    orientation: int = 1
    pixel_um: float | None = None

    @property
    def pixels(self) -> int:
        """Number of pixels claimed."""
        return self.width * self.height

    @property
    def large(self) -> bool:
        """Too large for decoders that keep several copies."""
        return self.pixels > MAX_COSTLY_PIXELS


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


def exif_orientation(exif: bytes) -> int:
    """The orientation an EXIF block tells, 1 to 8; 1 where it tells none or is damaged itself."""
    from PIL.Image import Exif

    block = Exif()
    try:
        block.load(exif)
        value = int(block.get(274, 1))
    except Exception:  # a damaged EXIF block must not cost the picture
        return 1
    return value if 1 <= value <= 8 else 1

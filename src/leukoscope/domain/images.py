"""What a picture is once it has been read, and how good it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError

Pixels = NDArray[np.uint8]
"""An RGB picture, shape (height, width, 3), 8 bits a channel."""

PixelSizeSource = Literal["metadata", "given", "estimated"]
ImageKind = Literal["field", "cell"]


@dataclass(frozen=True, slots=True)
class PixelSize:
    """Edge length of a pixel in the specimen, and who says so.

    Raises:
        InvalidValueError: The size is not between 0.005 and 50 micrometers.
    """

    um: float
    source: PixelSizeSource

    def __post_init__(self) -> None:
        if not 0.005 <= self.um <= 50:
            raise InvalidValueError(f"A pixel size must lie between 0.005 and 50 um, got {self.um} um.")


@dataclass(frozen=True, slots=True, eq=False)
class SmearImage:
    """A picture as read: upright RGB pixels and what its file tells.

    `pixels` may be a strided view (a picture turned by its EXIF orientation is not copied).

    Raises:
        InvalidValueError: The pixels are not (height, width, 3) of 8 bits.
    """

    pixels: Pixels
    sha256: str
    pixel_size: PixelSize | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8 or not self.pixels.size:
            raise InvalidValueError(
                f"A picture must be (height, width, 3) of 8 bits, got {self.pixels.shape} of {self.pixels.dtype}."
            )

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True)
class ImageQuality:
    """How fit a picture is to be read; the figures behind the warnings.

    Attributes:
        focus: Sharpness of the edges present, in [0, 1]; below 0.2 is blurred.
        background: Brightness of the empty background, in [0, 255].
        clipped: Share of pixels at the upper or lower end of the range, in [0, 1].
        stained: Share of pixels that carry nuclear stain, in [0, 1].
        covered: Share of pixels that are not background, in [0, 1].
        warnings: One sentence each, in the user's words.
        smear: Whether it looks like a stained smear at all; where not, findings in it mean nothing.
    """

    focus: float
    background: float
    clipped: float
    stained: float
    covered: float
    warnings: tuple[str, ...] = ()
    smear: bool = True

"""What can be done to a picture: one frozen dataclass per step, with its units; nothing here needs torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from leukoscope.errors import InvalidValueError
from leukoscope.modeling.augmentation.recipe import Augmentation

Range = tuple[float, float]
Fill = Literal["black", "nearest", "mirror"]
"""What comes in from outside the picture: nothing, the nearest pixel of the edge, or the picture mirrored there."""


@dataclass(frozen=True, slots=True)
class Upright:
    """Turn as the file's EXIF orientation says. Reading does it for every preset; listed where the source names it."""


@dataclass(frozen=True, slots=True)
class Resize:
    """Stretch to a square; on the fly the side of the recipe's input takes the place of this one."""

    side_px: int


@dataclass(frozen=True, slots=True)
class Flip:
    """Mirror left-right and upside-down, each in this share of the pictures."""

    horizontal: float = 0.5
    vertical: float = 0.5

    def __post_init__(self) -> None:
        if not (0 <= self.horizontal <= 1 and 0 <= self.vertical <= 1):
            raise _misfit(f"a flip's shares lie in [0, 1], got {self.horizontal} and {self.vertical}")


@dataclass(frozen=True, slots=True)
class QuarterTurn:
    """Turn by 0, 90, 180 or 270 degrees, each as often; no pixel is resampled in a square picture."""


@dataclass(frozen=True, slots=True)
class Affine:
    """Turn, magnify, shear and shift around the center, as imgaug and scikit-image do: scale, shear, turn, then shift.

    Attributes:
        rotation_degrees: Largest turn either way.
        scale: Smallest and largest magnification.
        scale_each_way: Whether width and height are magnified on their own.
        shift: Largest shift, as a share of each side.
        shear_degrees: Largest shear either way.
    """

    rotation_degrees: float = 0.0
    scale: Range = (1.0, 1.0)
    scale_each_way: bool = False
    shift: float = 0.0
    shear_degrees: float = 0.0

    def __post_init__(self) -> None:
        _check_range(self.scale, "scale")


@dataclass(frozen=True, slots=True)
class KerasAffine:
    """The same as Keras means it: all of it maps the result back to the picture, so a zoom above 1 shows more around.

    Attributes:
        rotation_degrees: Largest turn either way.
        shift: Largest shift, as a share of each side.
        shear_degrees: Largest shear either way.
        zoom: Smallest and largest factor by which the seen window is widened.
        zoom_each_way: Whether width and height are zoomed on their own (ImageDataGenerator), or alike (RandomZoom).
    """

    rotation_degrees: float = 0.0
    shift: float = 0.0
    shear_degrees: float = 0.0
    zoom: Range = (1.0, 1.0)
    zoom_each_way: bool = False

    def __post_init__(self) -> None:
        _check_range(self.zoom, "zoom")


@dataclass(frozen=True, slots=True)
class Brightness:
    """Multiply all channels by one factor."""

    factor: Range

    def __post_init__(self) -> None:
        _check_range(self.factor, "brightness factor")


@dataclass(frozen=True, slots=True)
class Multiply:
    """Multiply by a factor; in the share `per_channel` of the pictures each channel has its own."""

    factor: Range
    per_channel: float

    def __post_init__(self) -> None:
        _check_range(self.factor, "factor")


@dataclass(frozen=True, slots=True)
class Contrast:
    """Stretch the distance of each value from a middle.

    Attributes:
        factor: Smallest and largest stretch.
        around: The middle: half of full scale (imgaug's LinearContrast), or each channel's mean (Keras).
    """

    factor: Range
    around: Literal["half", "mean"] = "half"

    def __post_init__(self) -> None:
        _check_range(self.factor, "contrast factor")


@dataclass(frozen=True, slots=True)
class Blur:
    """Gaussian blur in a share of the pictures; sigma in pixels of the result."""

    sigma_px: Range
    share: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.sigma_px[0] <= self.sigma_px[1]:
            raise _misfit(f"a blur's sigma runs from a smaller to a larger number, got {self.sigma_px}")


@dataclass(frozen=True, slots=True)
class Noise:
    """Gaussian noise whose standard deviation is drawn from 0 to `strength` (share of full scale).

    In the share `per_channel` of the pictures each channel has its own noise, in the others all have the same.
    """

    strength: float
    per_channel: float


@dataclass(frozen=True, slots=True)
class Density:
    """Another staining, in optical density: each channel's density is scaled, and a little spills into the others.

    Works for any dye, because it asks for no basis of dyes.

    Attributes:
        strength: Standard deviation of the log of the factor.
        mixing: Standard deviation of what spills over.
    """

    strength: float
    mixing: float


@dataclass(frozen=True, slots=True)
class HedDensity:
    """Another staining, in hematoxylin-eosin-DAB space: each concentration c becomes c * (1 + a) + b.

    The basis is that of tissue sections; Romanowsky dyes are other dyes, so this moves smears along directions that
    their stains do not take. Here for comparison with published work.

    Attributes:
        factor: a is drawn from -factor to factor.
        offset: b likewise, in natural-log optical density.
    """

    factor: float
    offset: float


@dataclass(frozen=True, slots=True)
class Normalize:
    """Bring the colors to those of a reference picture; nothing random."""

    method: Literal["reinhard", "macenko"]


@dataclass(frozen=True, slots=True)
class OwnWay:
    """Everything the recipe's part `[augmentation]` says, in the order of `own_way`."""

    how: Augmentation


Geometry = Flip | QuarterTurn | Affine | KerasAffine
Coloring = Brightness | Multiply | Contrast | Blur | Noise | Density | HedDensity
Step = Upright | Resize | Geometry | Coloring | Normalize | OwnWay


def _check_range(values: Range, what: str) -> None:
    if not 0 < values[0] <= values[1]:
        raise _misfit(f"the {what} runs from a smaller to a larger positive number, got {values}")


def _misfit(rule: str) -> InvalidValueError:
    return InvalidValueError(f"An augmentation step does not fit: {rule}.")

"""Which objects does a mask picture mark?  Its gray levels mean classes, and its connected pieces are objects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from leukoscope.data.manifest import Annotation
from leukoscope.errors import InvalidValueError, ManifestError
from leukoscope.imaging.mask_outlines import outline_mask
from leukoscope.imaging.reading import read_image

_SAID = re.compile(r"(?P<name>.*\S)\s*=\s*(?P<low>\d{1,3})(?:-(?P<high>\d{1,3}))?")


@dataclass(frozen=True, slots=True)
class MaskClass:
    """What gray levels of a mask mean: from `low` to `high`, both included, 1 to 255.

    Raises:
        InvalidValueError: The levels are no such range, or there is no name.
    """

    name: str
    low: int
    high: int

    def __post_init__(self) -> None:
        if not self.name or not 1 <= self.low <= self.high <= 255:
            raise InvalidValueError(
                f"{self.name!r} from {self.low} to {self.high} is no class of a mask.",
                hint="Gray levels go from 1 to 255; 0 is the background.",
            )

    @classmethod
    def of_text(cls, text: str) -> MaskClass:
        """A class as it is typed.

        Raises:
            InvalidValueError: It is not typed so.

        Example:
            >>> MaskClass.of_text("nucleus=255"), MaskClass.of_text("cell=100-255").low
            (MaskClass(name='nucleus', low=255, high=255), 100)
        """
        said = _SAID.fullmatch(text.strip())
        if said is None:
            raise InvalidValueError(
                f"{text!r} is no class of a mask.", hint="Write it like nucleus=255 or cell=100-255."
            )
        low = int(said["low"])
        return cls(said["name"], low, int(said["high"] or low))


@dataclass(frozen=True, slots=True)
class MarkedObjects:
    """The objects of a mask, and how many holes their outlines do not tell."""

    objects: tuple[Annotation, ...]
    holes: int


def objects_of_mask(path: Path, classes: Sequence[MaskClass], size: tuple[int, int]) -> MarkedObjects:
    """The objects that a mask marks, class by class.

    Args:
        path: The mask picture; of a color one the strongest channel counts.
        classes: What its gray levels mean.
        size: Width and height of the picture it belongs to.

    Raises:
        InputError: The mask cannot be read.
        ManifestError: It has another size than its picture.
    """
    levels = read_image(path).pixels.max(axis=2)
    height, width = levels.shape
    if (width, height) != size:
        raise ManifestError(
            f"The mask has {width} x {height} pixels and its picture {size[0]} x {size[1]}.",
            hint="Give the mask of this picture.",
        )
    found = [(one.name, piece) for one in classes for piece in outline_mask((levels >= one.low) & (levels <= one.high))]
    objects = tuple(Annotation(piece.box, name, piece.outline) for name, piece in found)
    return MarkedObjects(objects, sum(piece.holes for _, piece in found))

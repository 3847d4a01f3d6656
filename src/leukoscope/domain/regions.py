"""Where something is in a picture: boxes and outlines in pixels.

The origin is the upper left corner of the upper left pixel, x to the right, y down; a box covers [x0, x1) x [y0, y1).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from leukoscope.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in pixels.

    Raises:
        InvalidValueError: The box has no area.

    Example:
        >>> Box(0, 0, 2, 2).iou(Box(1, 0, 3, 2))
        0.3333333333333333
    """

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        if not (self.x1 > self.x0 and self.y1 > self.y0):
            raise InvalidValueError(f"A box needs x1 > x0 and y1 > y0, got {self.as_list()}.")

    @property
    def width(self) -> float:
        """Horizontal extent in pixels."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Vertical extent in pixels."""
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        """Area in square pixels."""
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        """Center as (x, y) in pixels."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def iou(self, other: Box) -> float:
        """Intersection over union with another box, in [0, 1]."""
        across = min(self.x1, other.x1) - max(self.x0, other.x0)
        down = min(self.y1, other.y1) - max(self.y0, other.y0)
        if across <= 0 or down <= 0:
            return 0.0
        shared = across * down
        return shared / (self.area + other.area - shared)

    def touches_border(self, width: int, height: int, margin: float = 1.0) -> bool:
        """Whether the box comes within `margin` pixels of the edge of a `width` x `height` picture."""
        return self.x0 < margin or self.y0 < margin or self.x1 > width - margin or self.y1 > height - margin

    def as_list(self) -> list[float]:
        """The box as [x0, y0, x1, y1]."""
        return [self.x0, self.y0, self.x1, self.y1]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Outline:
    """A closed polygon in pixels; the last point joins the first.

    It is kept as packed numbers: a large picture has thousands of outlines of some hundred points, which as tuples take
    seven times the memory.

    Args:
        points: Its corners, x and y; at least three.

    Raises:
        InvalidValueError: There are fewer than three points.

    Example:
        >>> Outline(((0, 0), (4, 0), (4, 3)))
        Outline(((0.0, 0.0), (4.0, 0.0), (4.0, 3.0)))
    """

    _packed: bytes

    def __init__(self, points: Iterable[tuple[float, float]]) -> None:
        flat = array("d", chain.from_iterable(points))
        if len(flat) < 2 * 3:
            raise InvalidValueError(f"An outline needs at least 3 points, got {len(flat) // 2}.")
        object.__setattr__(self, "_packed", flat.tobytes())

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """Its corners, x and y."""
        numbers = iter(array("d", self._packed))
        return tuple(zip(numbers, numbers, strict=True))

    def __repr__(self) -> str:
        """As it was made."""
        return f"Outline({self.points})"

"""Parts -> cells: lobes of one nucleus joined, touching nuclei kept apart, platelets and dirt left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.imaging.segmentation.geometry import Mask
from leukoscope.imaging.segmentation.parts import Labels, Part

_WHOLE = 1.5
"""A part whose inscribed circle is this many red-cell diameters wide is a whole nucleus (about 11 um), never a lobe."""
_COMPACT = 1.7
"""... if its area is at most this many times that circle: arms of a bent nucleus are longer."""
_NEARLY_WHOLE = 0.75
_ROUND = 1.4
_AREA_OF_ONE = (1.4, 1.8)
"""Two round, nearly whole parts that do not touch are hardly one nucleus above this area, in areas of a red cell."""
_BODY = (0.35, 0.6, 0.95)
"""Share of the hull around two parts that must be cytoplasm for them to be one nucleus, where the smaller part is 0.6,
1.1 and 1.5 red-cell diameters wide: two round cells that touch show glass on both sides of where they touch."""
_REACH = 3.0
"""Diameter of the circle around all lobes of one nucleus, in red-cell diameters, at most: flattened granulocytes at the
edge of a smear measure 20 um."""
_GAP = 0.55
"""Widest gap between lobes of one nucleus, in red-cell diameters."""
_TOUCHING = 2.0
"""Gap up to which parts of one piece touch, in working pixels."""
_SMALLEST = 0.58
"""Diameter of the circle of the area of the smallest nucleus, in red-cell diameters (about 4 um)."""
_SMALLEST_AT_BORDER = 0.5
_THINNEST = 0.3
_OVERLAP = 0.25


@dataclass(frozen=True, slots=True)
class Nucleus:
    """All parts of one nucleus."""

    parts: tuple[Part, ...]

    @property
    def area(self) -> float:
        """Area in working pixels."""
        return sum(part.area for part in self.parts)

    @property
    def depth(self) -> float:
        """Mean purpleness."""
        return sum(part.depth * part.area for part in self.parts) / self.area

    @property
    def width(self) -> float:
        """Largest inscribed diameter of a part."""
        return max(part.width for part in self.parts)

    @property
    def outline(self) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
        """Border points of all parts."""
        return np.concatenate([part.outline for part in self.parts])

    @property
    def center(self) -> tuple[float, float]:
        """Centroid of all parts."""
        x = sum(part.center[0] * part.area for part in self.parts) / self.area
        y = sum(part.center[1] * part.area for part in self.parts) / self.area
        return x, y


def group_parts(parts: Sequence[Part], support: Mask, nuclei: Labels, red_cell: float) -> list[Nucleus]:
    """Join parts to nuclei, the nearest first, and leave out what is too small to be one.

    Args:
        parts: Parts of nuclei.
        support: Pixels that look like cytoplasm or nucleus, 0 or 1.
        nuclei: Pixels of the parts, 0 elsewhere.
        red_cell: Diameter of a red cell in working pixels: the yardstick.
    """
    groups = {part.number: [part] for part in parts}
    for one, other in _pairs(parts, red_cell):
        first, second = groups[one.number], groups[other.number]
        if first is not second and _belong(first, second, support, nuclei, red_cell):
            first.extend(second)
            groups.update((part.number, first) for part in second)
    unique = {id(group): Nucleus(tuple(group)) for group in groups.values()}
    return [nucleus for nucleus in unique.values() if _is_nucleus(nucleus, red_cell, support.shape)]


def _belong(first: Sequence[Part], second: Sequence[Part], support: Mask, nuclei: Labels, red_cell: float) -> bool:
    both = [*first, *second]
    if _enclosing(both) > _REACH * red_cell:
        return False
    smaller = min(max(part.width for part in first), max(part.width for part in second))
    wanted = float(np.interp(smaller / red_cell, [0.6, 1.1, 1.5], _BODY))
    apart = {part.piece for part in first}.isdisjoint(part.piece for part in second)
    if apart and all(_round(group, _NEARLY_WHOLE * red_cell) for group in (first, second)):
        area = sum(part.area for part in both) / (np.pi / 4 * red_cell**2)
        wanted = max(wanted, float(np.interp(area, _AREA_OF_ONE, [0.0, _BODY[-1]])))
    return _one_body(both, support, nuclei) >= wanted


def join_overlapping(
    nuclei: Sequence[Nucleus], outlines: Sequence[NDArray[np.float32]], red_cell: float
) -> list[Nucleus]:
    """Nuclei whose traced cells overlap by much are one: two cells cannot lie in the same place.

    Args:
        nuclei: Nuclei as grouped.
        outlines: Border of the cell around each, shape (points, 2).
        red_cell: Diameter of a red cell in working pixels.
    """
    left = list(zip(nuclei, outlines, strict=True))
    joined: list[Nucleus] = []
    while left:
        nucleus, outline = left.pop(0)
        for other in list(left):
            both = (*nucleus.parts, *other[0].parts)
            narrow = min(nucleus.width, other[0].width) < _WHOLE * red_cell
            if narrow and _enclosing(both) <= _REACH * red_cell and _overlap(outline, other[1]) > _OVERLAP:
                nucleus = Nucleus(both)
                left = [one for one in left if one is not other]
        joined.append(nucleus)
    return joined


def _overlap(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Shared area over the area of the smaller."""
    x, y, w, h = cv2.boundingRect(np.round(np.concatenate([one, other])).astype(np.int32))
    masks = np.zeros((2, h, w), np.uint8)
    for mask, outline in zip(masks, (one, other), strict=True):
        cv2.fillPoly(mask, [np.round(outline - (x, y)).astype(np.int32)], 1)
    smaller = min(int(np.count_nonzero(mask)) for mask in masks)
    return float(np.count_nonzero(masks[0] & masks[1])) / max(1, smaller)


def _round(group: Sequence[Part], width: float) -> bool:
    """Whether a group is a single round part at least so wide."""
    one = group[0]
    return len(group) == 1 and one.width >= width and one.area <= _ROUND * np.pi / 4 * one.width**2


def _pairs(parts: Sequence[Part], red_cell: float) -> list[tuple[Part, Part]]:
    """Pairs that may belong together, the nearest first."""
    pairs = []
    for one, other, apart in _neighbors(parts, red_cell):
        if _whole(one, red_cell) and _whole(other, red_cell):
            continue
        gap = _gap(one, other)
        if one.piece == other.piece and gap <= _TOUCHING:
            gap = 0.0
        if gap <= _GAP * red_cell:
            pairs.append((gap, apart, one, other))
    pairs.sort(key=lambda pair: pair[:2])
    return [(one, other) for _, _, one, other in pairs]


def _neighbors(parts: Sequence[Part], red_cell: float) -> Iterator[tuple[Part, Part, float]]:
    """Pairs within reach of each other, by their centers and by what surrounds their outlines; and how far apart."""
    if len(parts) < 2:
        return
    centers = np.array([part.center for part in parts])
    low, high = (np.array([how(part.outline, axis=0) for part in parts]) for how in (np.min, np.max))
    widest = max(_GAP * red_cell, _TOUCHING) + 0.01  # a gap is told in 32 bits
    for place, one in enumerate(parts[:-1]):
        rest = np.s_[place + 1 :]
        apart = np.hypot(*(centers[place] - centers[rest]).T)
        between = np.maximum(np.maximum(low[rest] - high[place], low[place] - high[rest]), 0)
        near = (apart <= _REACH * red_cell) & (np.hypot(*between.T) <= widest)
        for number in np.flatnonzero(near).tolist():
            yield one, parts[place + 1 + number], float(apart[number])


def _whole(part: Part, red_cell: float) -> bool:
    return part.width >= _WHOLE * red_cell and part.area <= _COMPACT * np.pi / 4 * part.width**2


def _gap(one: Part, other: Part) -> float:
    """Distance between two outlines."""
    first = one.outline[:: max(1, len(one.outline) // 40)].astype(np.float32)
    second = other.outline[:: max(1, len(other.outline) // 40)].astype(np.float32)
    return float(np.sqrt(((first[:, None] - second[None]) ** 2).sum(axis=2).min()))


def _one_body(parts: Sequence[Part], support: Mask, nuclei: Labels) -> float:
    """Share of the hull around parts, nuclei left out, that is cytoplasm rather than glass or red cells; 1: no rest."""
    hull = cv2.convexHull(np.concatenate([part.outline for part in parts]))
    x, y, w, h = cv2.boundingRect(hull)
    inside = np.zeros((h, w), np.uint8)
    cv2.fillConvexPoly(inside, hull - np.array([x, y], np.int32), 1)
    window = (slice(y, y + h), slice(x, x + w))
    rest = (inside > 0) & (nuclei[window] == 0)
    count = np.count_nonzero(rest)
    if count < 0.04 * np.count_nonzero(inside):
        return 1.0
    return float(np.count_nonzero(support[window][rest])) / count


def _enclosing(parts: Sequence[Part]) -> float:
    _, radius = cv2.minEnclosingCircle(np.concatenate([part.outline for part in parts]))
    return 2 * float(radius)


def _is_nucleus(nucleus: Nucleus, red_cell: float, shape: tuple[int, ...]) -> bool:
    x, y, w, h = cv2.boundingRect(nucleus.outline)
    cut = x <= 1 or y <= 1 or x + w >= shape[1] - 1 or y + h >= shape[0] - 1
    smallest = _SMALLEST_AT_BORDER if cut else _SMALLEST
    return nucleus.area >= np.pi / 4 * (smallest * red_cell) ** 2 and nucleus.width >= _THINNEST * red_cell

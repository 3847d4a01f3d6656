"""Do two pictures show the same thing where one lies on the other?  Told from pixels, not from keypoints."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.data.copies.keypoints import Floats, Gray
from leukoscope.data.copies.placement import Placement

_REACH = 4
"""How far off, in pixels, a placement may be before it is refined."""
_GRID = 6
_SMALLEST_FIELD_PX, _SMALLEST_SEEN_PX = 24, 100
_BLACK, _FLAT, _SPOT_PX, _FELT_PX = 20, 6, 9, 8
_FINE_PX, _SLOW_PX = 1.2, 6.0

Sums = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How alike two pictures are where they overlap.

    Attributes:
        similarity: Normalized cross-correlation of their details over the whole overlap, up to 1; away from plain
            black, on which the outlines of any two round cells agree and a burnt-in scale bar outweighs the cell.
        typical: Median of the same over small fields of the overlap that hold details: a scale bar, an outline or one
            cell that they share does not raise it.
        overlap: Share of the smaller picture that overlaps.
        textured: Share of the overlap that holds details.
        shift: How far down and to the right the turned picture was moved, in pixels of the first.
    """

    similarity: float
    typical: float
    overlap: float
    textured: float
    shift: tuple[int, int]


NOTHING = Agreement(0.0, 0.0, 0.0, 0.0, (0, 0))


def agreement(first: Gray, second: Gray, placement: Placement) -> Agreement:
    """Lay `second` on `first` and compare what both show.

    Args:
        first: Gray picture.
        second: Gray picture; it is the one that is mirrored, turned, scaled and shifted.
        placement: How, right to within about four pixels.
    """
    if placement.scale > 1:
        return agreement(second, first, inverse(placement, first.shape[1], second.shape[1]))
    laid, there = _lay(second, placement, first.shape[:2])
    if there.mean() * first.size < 256:
        return NOTHING
    one, other = _details(first), _details(laid)
    dy, dx = _offset(one, other, there)
    seen = there & ~(_near_black(first) | _near_black(laid))
    similarity = _similarity(*_overlap(one, other, _eroded(seen), dy, dx))
    one, other, both = _overlap(one, other, _eroded(there), dy, dx)
    if both.sum() < 256:
        return NOTHING
    smaller = min(first.size, second.size * placement.scale**2)
    typical, textured = _typical(_Moments.of_fields(one, other, both))
    down, right = placement.matrix[1][2], placement.matrix[0][2]
    whole = float(there.sum()) / smaller
    return Agreement(similarity, typical, min(1.0, whole), textured, (round(down) + dy, round(right) + dx))


def inverse(placement: Placement, first_width: int, second_width: int) -> Placement:
    """The placement of the first picture on the second, mirrored on the first's own middle."""
    full = np.vstack([np.array(placement.matrix), [0, 0, 1]])
    if placement.mirrored:
        # p1 = M F2 p2, so p2 = F2 M^-1 p1 = (F2 M^-1 F1) F1 p1.
        full = _flip(first_width) @ full @ _flip(second_width)
    back = np.linalg.inv(full)
    rows = tuple(tuple(float(v) for v in row) for row in back[:2])
    return Placement(placement.mirrored, rows, placement.votes)  # type: ignore[arg-type]  # two rows of three


def _flip(width: int) -> NDArray[np.float64]:
    return np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])


def _lay(picture: Gray, placement: Placement, shape: tuple[int, ...]) -> tuple[Gray, NDArray[np.bool_]]:
    source = np.ascontiguousarray(picture[:, ::-1]) if placement.mirrored else picture
    matrix = np.array(placement.matrix)
    if placement.scale < 0.8:
        # Made smaller by whole areas first: sampling single points would bring in detail that is not there.
        height, width = (max(1, round(side * placement.scale)) for side in source.shape[:2])
        small = cv2.resize(source, (width, height), interpolation=cv2.INTER_AREA)
        matrix = matrix.copy()
        matrix[:, 0] *= source.shape[1] / width
        matrix[:, 1] *= source.shape[0] / height
        source = np.asarray(small, np.uint8)
    size = (shape[1], shape[0])
    laid = cv2.warpAffine(source, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.full(source.shape[:2], 255, np.uint8), matrix, size, flags=cv2.INTER_NEAREST)
    return np.asarray(laid, np.uint8), inside > 0


def _details(gray: Gray) -> Floats:
    """What is left without noise and without slow changes of light."""
    values = gray.astype(np.float32)
    smooth = cv2.GaussianBlur(values, (0, 0), _FINE_PX)
    return np.asarray(smooth - cv2.GaussianBlur(values, (0, 0), _SLOW_PX), np.float32)


def _eroded(there: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return cv2.erode(there.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0


def _offset(one: Floats, other: Floats, there: NDArray[np.bool_]) -> tuple[int, int]:
    """How far `other` must still be moved to fit best, within the reach."""
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    top, bottom = max(rows[0], _REACH), min(rows[-1] + 1, len(one) - _REACH)
    left, right = max(columns[0], _REACH), min(columns[-1] + 1, one.shape[1] - _REACH)
    if bottom - top < 12 or right - left < 12:
        return 0, 0
    patch = (other * there)[top:bottom, left:right]
    if patch.std() < 1e-3:
        return 0, 0
    area = one[top - _REACH : bottom + _REACH, left - _REACH : right + _REACH]
    fit = cv2.matchTemplate(area, patch, cv2.TM_CCOEFF_NORMED)
    dy, dx = np.unravel_index(int(fit.argmax()), fit.shape)
    return int(dy) - _REACH, int(dx) - _REACH


def _overlap(
    one: Floats, other: Floats, there: NDArray[np.bool_], dy: int, dx: int
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    height, width = one.shape
    here = (slice(max(dy, 0), height + min(dy, 0)), slice(max(dx, 0), width + min(dx, 0)))
    back = (slice(max(-dy, 0), height + min(-dy, 0)), slice(max(-dx, 0), width + min(-dx, 0)))
    both = there[back]
    rows, columns = np.flatnonzero(both.any(axis=1)), np.flatnonzero(both.any(axis=0))
    if len(rows) == 0:
        return one[:0], other[:0], both[:0]
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    return one[here][box], other[back][box], both[box]


def _near_black(gray: Gray) -> NDArray[np.bool_]:
    """Where a picture is plain black, as around cells that were cut out, and where the filters still feel its edge."""
    black = gray < _BLACK
    if not black.any():
        return black
    around = np.ones((5, 5), np.uint8)
    black &= cv2.dilate(gray, around) - cv2.erode(gray, around) <= _FLAT
    plain = cv2.morphologyEx(black.astype(np.uint8), cv2.MORPH_OPEN, np.ones((_SPOT_PX, _SPOT_PX), np.uint8))
    return cv2.dilate(plain, np.ones((2 * _FELT_PX + 1, 2 * _FELT_PX + 1), np.uint8)) > 0


def _similarity(one: Floats, other: Floats, both: NDArray[np.bool_]) -> float:
    if both.sum() < _SMALLEST_SEEN_PX:
        return 0.0
    return float(_Moments.of_fields(one, other, both).whole().correlation())


@dataclass(frozen=True, slots=True, eq=False)
class _Moments:
    """Count, sums, squares and products of two pictures over parts of their overlap."""

    count: Sums
    a: Sums
    b: Sums
    aa: Sums
    bb: Sums
    ab: Sums

    @classmethod
    def of_fields(cls, one: Floats, other: Floats, both: NDArray[np.bool_]) -> _Moments:
        """Over each small field, all at once."""
        inside = both.astype(np.float64)
        a, b = one * inside, other * inside
        rows, columns = (_fields(side) for side in both.shape)
        return cls(*(rows @ layer @ columns.T for layer in (inside, a, b, a * a, b * b, a * b)))

    def whole(self) -> _Moments:
        """Over all fields together."""
        return _Moments(*(np.sum(getattr(self, name)) for name in ("count", "a", "b", "aa", "bb", "ab")))

    def deviations(self) -> tuple[Sums, Sums]:
        """Standard deviations of the one and the other."""
        count = np.maximum(self.count, 1)
        one, other = self.aa - self.a**2 / count, self.bb - self.b**2 / count
        return np.sqrt(np.maximum(one, 0) / count), np.sqrt(np.maximum(other, 0) / count)

    def correlation(self) -> Sums:
        """Normalized cross-correlation."""
        count = np.maximum(self.count, 1)
        one, other = self.deviations()
        return np.asarray((self.ab - self.a * self.b / count) / (one * other * count + 1e-6))


def _fields(side: int) -> Sums:
    """Which pixels of a side lie in which field, as ones of a matrix."""
    inside = np.zeros((_GRID, side))
    for field, pixels in enumerate(np.array_split(np.arange(side), _GRID)):
        inside[field, pixels] = 1
    return inside


def _typical(fields: _Moments) -> tuple[float, float]:
    """Median correlation of small fields, and the share of the overlap that lies in fields with detail."""
    strong = 0.25 * min(float(one) for one in fields.whole().deviations())
    detailed = (fields.count >= _SMALLEST_FIELD_PX) & (np.maximum(*fields.deviations()) > max(strong, 0.5))
    if not detailed.any():
        return 0.0, 0.0
    covered = float(fields.count[detailed].sum()) / max(1.0, float(fields.count.sum()))
    return float(np.median(fields.correlation()[detailed])), covered

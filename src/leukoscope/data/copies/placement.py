"""Where does one picture lie on another?  Mirrored or not, turned by an angle, scaled and shifted.

References:
    Fischler and Bolles 1981, "Random sample consensus" (as in OpenCV's `estimateAffinePartial2D`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.data.copies.consensus import SNAP_DEGREES, SNAP_SCALE, agreeing
from leukoscope.data.copies.keypoints import Floats, Ints, Keypoints, mirror_places
from leukoscope.data.copies.matching import Matches

_TOLERANCE_PX = 3.0
_MOST_PLACEMENTS = 2
_BLOCK = 1 << 19


@dataclass(frozen=True, slots=True)
class Placement:
    """How a picture is laid on another: mirrored left to right, then turned, scaled and shifted.

    Attributes:
        mirrored: Whether it is mirrored first.
        matrix: The rest, ((a, b, x), (c, d, y)): (x, y) of the (mirrored) picture goes to matrix . (x, y, 1).
        votes: Keypoints that agree on it.
    """

    mirrored: bool
    matrix: tuple[tuple[float, float, float], tuple[float, float, float]]
    votes: int = 0

    @property
    def scale(self) -> float:
        """How many times larger the picture is laid."""
        (a, b, _), (c, d, _) = self.matrix
        return float(np.sqrt(abs(a * d - b * c)))

    @property
    def degrees(self) -> float:
        """Angle by which it is turned clockwise, from 0 to 360."""
        return float(np.degrees(np.arctan2(self.matrix[1][0], self.matrix[0][0])) % 360)

    @property
    def plain(self) -> bool:
        """Whether it is by quarter turns and not scaled, as by cameras and careless copying."""
        numbers = (*self.matrix[0][:2], *self.matrix[1][:2])
        return all(abs(number - round(number)) < 1e-6 for number in numbers)

    def shrunk(self, times: float) -> Placement:
        """The same placement of the same pictures made smaller by a factor."""
        (a, b, x), (c, d, y) = self.matrix
        return Placement(self.mirrored, ((a, b, x / times), (c, d, y / times)), self.votes)

    @property
    def turn(self) -> str:
        """Mirroring and turning in words.

        Example:
            >>> Placement(True, ((0, -1, 5), (1, 0, 0))).turn
            'mirrored, turned 90 degrees'
        """
        degrees = round(self.degrees) % 360
        parts = ["mirrored"] * self.mirrored + [f"turned {degrees} degrees"] * (degrees != 0)
        return ", ".join(parts) or "upright"


def vote(
    matches: Matches, pictures: Sequence[Keypoints], widths: Sequence[int]
) -> Iterator[tuple[int, int, Placement]]:
    """Pairs of pictures whose matching keypoints agree on one placement of the second on the first.

    Args:
        matches: Keypoints that look the same.
        pictures: Keypoints of every picture.
        widths: Width of every picture.

    Yields:
        The numbers of both pictures and the placement, on which at least two keypoints agree.
    """
    atlas = _atlas(pictures, widths)
    pair = (matches.first.astype(np.int64) * len(pictures) + matches.second) * 2 + matches.mirrored
    for block in _blocks(pair):
        part = matches.part(block)
        ours, theirs = atlas.places(part)
        for members in agreeing(pair[block], ours, theirs):
            first, second, mirrored = (column[members[0]] for column in (part.first, part.second, part.mirrored))
            for placement in _fits(ours[members, :2], theirs[members, :2], bool(mirrored)):
                yield int(first), int(second), placement


@dataclass(frozen=True, slots=True, eq=False)
class _Atlas:
    """Where all keypoints of all pictures lie, plain and in the mirrored picture, and where each picture's begin."""

    starts: Ints
    plain: Floats
    mirrored: Floats

    def places(self, matches: Matches) -> tuple[Floats, Floats]:
        """Of both keypoints of every match."""
        ours = self.plain[self.starts[matches.first] + matches.first_point]
        at = self.starts[matches.second] + matches.second_point
        return ours, np.where(matches.mirrored[:, None], self.mirrored[at], self.plain[at])


def _atlas(pictures: Sequence[Keypoints], widths: Sequence[int]) -> _Atlas:
    none = np.empty((0, 4), np.float32)
    mirrored = [mirror_places(one.places, width) for one, width in zip(pictures, widths, strict=True)]
    return _Atlas(
        np.cumsum([0, *(len(one) for one in pictures)]),
        np.concatenate([none, *(one.places for one in pictures)]),
        np.concatenate([none, *mirrored]),
    )


def _blocks(pair: Ints) -> Iterator[Ints]:
    """Positions of matches, sorted by pair, some hundred thousand at a time; no pair is divided."""
    order = np.argsort(pair, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(pair[order]) != 0, True)[: len(order)]) + 1
    start = 0
    while start < len(order):
        end = int(ends[min(int(np.searchsorted(ends, start + _BLOCK)), len(ends) - 1)])
        yield order[start:end]
        start = end


def _fits(ours: Floats, theirs: Floats, mirrored: bool) -> Iterator[Placement]:
    """The placement most keypoints agree on, then that of the others: the first may be that of a scale bar."""
    for _ in range(_MOST_PLACEMENTS):
        if len(ours) < 2:
            return
        placement, agreed = _fit(ours, theirs, mirrored)
        if placement is None or placement.votes < 2:
            return
        yield placement
        ours, theirs = ours[~agreed], theirs[~agreed]


def _fit(ours: Floats, theirs: Floats, mirrored: bool) -> tuple[Placement | None, NDArray[np.bool_]]:
    matrix, inside = cv2.estimateAffinePartial2D(
        theirs, ours, method=cv2.RANSAC, ransacReprojThreshold=_TOLERANCE_PX, maxIters=500
    )
    if matrix is None or not np.isfinite(matrix).all():
        return None, np.zeros(len(ours), bool)
    agreed = inside.ravel().astype(bool)
    # One place may carry several keypoints (several angles); it has one vote.
    votes = len(np.unique(np.round(ours[agreed] / _TOLERANCE_PX), axis=0))
    return _snapped(np.asarray(matrix, np.float64), mirrored, votes, ours[agreed], theirs[agreed]), agreed


def _snapped(matrix: NDArray[np.float64], mirrored: bool, votes: int, ours: Floats, theirs: Floats) -> Placement:
    """The placement of a matrix; exactly a quarter turn, and not scaled, where it comes close to that."""
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    degrees = float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))
    quarter = 90 * round(degrees / 90)
    scale = 1.0 if abs(scale - 1) < SNAP_SCALE else scale
    degrees = quarter if abs(degrees - quarter) < SNAP_DEGREES else degrees
    c, s = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    linear = np.array([[c, -s], [s, c]])
    x, y = np.median(ours - theirs @ linear.T.astype(np.float32), axis=0)
    return Placement(mirrored, ((float(c), float(-s), float(x)), (float(s), float(c), float(y))), votes)


def center_shift(placement: Placement, first: tuple[int, int], second: tuple[int, int], unit: float) -> tuple[int, int]:
    """How far the middle of the laid picture lies below and to the right of that of the other.

    Args:
        placement: How the second picture lies on the first.
        first: Width and height of the first.
        second: Width and height of the second.
        unit: What one pixel counts.

    Example:
        >>> center_shift(Placement(False, ((1, 0, 5), (0, 1, -3))), (20, 20), (20, 20), 1.0)
        (-3, 5)
    """
    middle = np.array([(second[0] - 1) / 2, (second[1] - 1) / 2, 1])
    x, y = np.array(placement.matrix) @ middle
    return round((y - (first[1] - 1) / 2) * unit), round((x - (first[0] - 1) / 2) * unit)

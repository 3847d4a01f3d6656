"""Where does one picture lie on another?  Mirrored or not, turned by an angle, scaled and shifted.

References:
    Ballard 1981, "Generalizing the Hough transform to detect arbitrary shapes" (votes for a common placement).
    Fischler and Bolles 1981, "Random sample consensus" (as in OpenCV's `estimateAffinePartial2D`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.data.copies.keypoints import Floats, Ints, Keypoints, mirror_places
from leukoscope.data.copies.matching import Matches

_TOLERANCE_PX = 3.0
_VOTE_PX = 40.0
_MOST_PLACEMENTS = 2
_SNAP_DEGREES = 3.0
_SNAP_SCALE = 0.03
_ANGLE_ERROR_DEGREES = 15.0
_SCALE_ERROR = 1.35
"""How far the angle and size of one keypoint may be off."""
FREE_VOTES = 4
"""Keypoints without which no placement but one by quarter turns can be proved (`Demands.free`)."""


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
    ours, theirs = _places(matches, pictures, widths)
    for members in _agreeing(matches, ours, theirs, len(pictures)):
        first, second, mirrored = (column[members[0]] for column in (matches.first, matches.second, matches.mirrored))
        for placement in _fits(ours[members, :2], theirs[members, :2], bool(mirrored)):
            yield int(first), int(second), placement


def _places(matches: Matches, pictures: Sequence[Keypoints], widths: Sequence[int]) -> tuple[Floats, Floats]:
    starts = np.cumsum([0, *(len(one) for one in pictures)])
    plain = np.concatenate([np.empty((0, 4), np.float32), *(one.places for one in pictures)])
    mirrored = [mirror_places(one.places, width) for one, width in zip(pictures, widths, strict=True)]
    flipped = np.concatenate([np.empty((0, 4), np.float32), *mirrored])
    ours = plain[starts[matches.first] + matches.first_point]
    at = starts[matches.second] + matches.second_point
    return ours, np.where(matches.mirrored[:, None], flipped[at], plain[at])


def _agreeing(matches: Matches, ours: Floats, theirs: Floats, count: int) -> Iterator[Ints]:
    """Groups of matches of one pair that, by angle and scale, put one point of the second at one place of the first."""
    if len(ours) == 0:
        return
    angle = np.radians(ours[:, 3] - theirs[:, 3])
    scale = ours[:, 2] / theirs[:, 2]
    cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale
    # Where the middle of a picture of 200 px falls: close to all its keypoints, so that angle errors matter little.
    dx, dy = 100 - theirs[:, 0], 100 - theirs[:, 1]
    x = ours[:, 0] + cosine * dx - sine * dy
    y = ours[:, 1] + sine * dx + cosine * dy
    pair = (matches.first * count + matches.second) * 2 + matches.mirrored
    kept = np.zeros(len(pair), bool)
    for offset in (0.0, 0.5):
        cell_x, cell_y = (np.floor(np.clip(v, -4000, 4000) / _VOTE_PX + offset).astype(np.int64) for v in (x, y))
        # One number each: NumPy sorts rows of three thirty times slower.
        _, which, counts = np.unique(
            (pair * 256 + cell_x + 128) * 256 + cell_y + 128, return_inverse=True, return_counts=True
        )
        kept |= counts[which] >= 2
    chosen = np.flatnonzero(kept)
    chosen = chosen[_can_be_proved(pair[chosen], angle[chosen], scale[chosen])]
    order = chosen[np.argsort(pair[chosen], kind="stable")]
    for members in np.split(order, np.flatnonzero(np.diff(pair[order])) + 1):
        if len(members):
            yield members


def _can_be_proved(pair: Ints, angle: Floats, scale: Floats) -> NDArray[np.bool_]:
    """Matches of pairs with enough of them for any placement, or with two for one by quarter turns.

    Round cells agree by chance in two or three keypoints at every angle; fitting all those would take most of the time.
    """
    quarter = np.abs((angle / (np.pi / 2) + 0.5) % 1 - 0.5) * 90 <= _ANGLE_ERROR_DEGREES
    plain = quarter & (np.abs(np.log(scale)) <= np.log(_SCALE_ERROR))
    _, which, counts = np.unique(pair, return_inverse=True, return_counts=True)
    return np.asarray((counts >= FREE_VOTES)[which] | (np.bincount(which, weights=plain) >= 2)[which])


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
    scale = 1.0 if abs(scale - 1) < _SNAP_SCALE else scale
    degrees = quarter if abs(degrees - quarter) < _SNAP_DEGREES else degrees
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

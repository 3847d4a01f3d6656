"""Which matches may agree on one placement?  Millions of chance matches are sorted out before any pair is fitted.

A match tells, roughly, by what angle and scale one picture lies on the other (from the angles and sizes of its two
keypoints); the way from one match to another tells it sharply. A placement needs two matches that tell the same.

References:
    Ballard 1981, "Generalizing the Hough transform to detect arbitrary shapes" (votes for a common placement).
    Jegou, Douze, Schmid 2008, "Hamming embedding and weak geometric consistency" (angles and sizes as a filter).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.copies.keypoints import Floats, Ints

SNAP_DEGREES = 3.0
SNAP_SCALE = 0.03
"""How near to a quarter turn, and to no scaling, a placement counts as exactly that."""
FREE_VOTES = 4
"""Keypoints without which no placement but one by quarter turns can be proved (`Demands.free`)."""
_VOTE_PX = 40.0
_ANGLE_ERROR = np.radians(20.0)
_SCALE_ERROR = 0.4
"""How far the angle, and the logarithm of the size, of one keypoint may be off."""
_PLACE_ERROR_PX = 2.0
_DISTINCT_PX = 4.0
_MOST_COMPARED = 64


def agreeing(pair: Ints, ours: Floats, theirs: Floats) -> Iterator[Ints]:
    """Groups of matches of one pair of pictures that two or more tell the same placement of.

    Args:
        pair: What pair of pictures each match belongs to, sorted.
        ours: x, y, diameter and angle of the keypoint in the first picture, shape (matches, 4).
        theirs: The same in the second.

    Yields:
        Positions of the matches of one pair. Passed over are pairs that no two matches could place by quarter turns
        without scaling, nor `FREE_VOTES` in any other way.
    """
    chosen = np.flatnonzero(_meeting(pair, ours, theirs))
    if len(chosen) == 0:
        return
    starts = np.flatnonzero(np.append(True, np.diff(pair[chosen]) != 0))
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(chosen))))
    kept = _may_be_placed(group, ours[chosen], theirs[chosen])
    for members, keep in zip(np.split(chosen, starts[1:]), kept, strict=True):
        if keep:
            yield members


def _meeting(pair: Ints, ours: Floats, theirs: Floats) -> NDArray[np.bool_]:
    """Matches that by angle and scale put one point of the second picture where another match of the pair does."""
    angle = np.radians(ours[:, 3] - theirs[:, 3])
    scale = ours[:, 2] / theirs[:, 2]
    cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale
    # Where the middle of a picture of 200 px falls: close to all its keypoints, so that angle errors matter little.
    dx, dy = 100 - theirs[:, 0], 100 - theirs[:, 1]
    x = ours[:, 0] + cosine * dx - sine * dy
    y = ours[:, 1] + sine * dx + cosine * dy
    kept = np.zeros(len(pair), bool)
    for offset in (0.0, 0.5):
        cell_x, cell_y = (np.floor(np.clip(v, -4000, 4000) / _VOTE_PX + offset).astype(np.int64) for v in (x, y))
        # One number each: NumPy sorts rows of three thirty times slower.
        _, which, counts = np.unique(
            (pair * 256 + cell_x + 128) * 256 + cell_y + 128, return_inverse=True, return_counts=True
        )
        kept |= counts[which] >= 2
    return kept


def _may_be_placed(group: Ints, ours: Floats, theirs: Floats) -> NDArray[np.bool_]:
    """Whether each group has two matches for a placement by quarter turns, or one that enough others agree with."""
    angle = np.radians(ours[:, 3] - theirs[:, 3])
    size = np.log(ours[:, 2] / theirs[:, 2])
    here, there = (side[:, 0] + 1j * side[:, 1] for side in (ours, theirs))
    plain = np.zeros(int(group[-1]) + 1, bool)
    friends = np.zeros(len(group), np.int64)
    alive = np.arange(len(group))
    # Every match with the next one of its group, then the one after it, and so on: whole columns at a time.
    for step in range(1, _MOST_COMPARED):
        alive = alive[: np.searchsorted(alive, len(group) - step)]
        alive = alive[(group[alive] == group[alive + step]) & ~plain[group[alive]]]
        if len(alive) == 0:
            break
        one, other = alive, alive + step
        way, same_way = here[other] - here[one], there[other] - there[one]
        turn, length, same_length = np.angle(way * same_way.conj()), np.abs(way), np.abs(same_way)
        grown = np.log((length + 1e-3) / (same_length + 1e-3))
        agreed = np.minimum(length, same_length) > _DISTINCT_PX
        for match in (one, other):
            agreed &= np.abs(grown - size[match]) < _SCALE_ERROR
            agreed &= np.abs((turn - angle[match] + np.pi) % (2 * np.pi) - np.pi) < _ANGLE_ERROR
        np.add.at(friends, one[agreed], 1)
        np.add.at(friends, other[agreed], 1)
        off = np.abs((turn / (np.pi / 2) + 0.5) % 1 - 0.5) * (np.pi / 2)
        straight = off * length <= np.radians(SNAP_DEGREES) * length + _PLACE_ERROR_PX
        unscaled = np.abs(length - same_length) <= SNAP_SCALE * same_length + _PLACE_ERROR_PX
        plain[group[one[agreed & straight & unscaled]]] = True
    plain[group[friends >= FREE_VOTES - 1]] = True
    return plain

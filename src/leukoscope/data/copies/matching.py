"""Which keypoints of a set look the same?  Found cell by cell of a coarse division, so that time grows slowly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.copies.keypoints import Codes, Floats, Ints, Keypoints, mirror_codes

Numbers = NDArray[np.int32]

_BLOCK = 1 << 14


@dataclass(frozen=True, slots=True)
class Matching:
    """How keypoints are matched.

    Attributes:
        min_cosine: Smallest cosine of two descriptions that may show the same place.
        most_each: How many matches of one keypoint are kept, best first; a scale bar has hundreds.
        probes: In how many cells of the division a description is looked up.
        per_cell: About how many descriptions lie in one cell.
        most_cells: Largest number of cells.
    """

    min_cosine: float = 0.955
    most_each: int = 12
    probes: int = 4
    per_cell: int = 200
    most_cells: int = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Keypoints that look the same, one entry per match.

    Attributes:
        first: Number of the one picture.
        second: Number of the other, always larger.
        first_point: Which keypoint of the first.
        second_point: Which keypoint of the second.
        mirrored: Whether the second was seen mirrored.
    """

    first: Numbers
    second: Numbers
    first_point: Numbers
    second_point: Numbers
    mirrored: NDArray[np.bool_]

    def part(self, which: Ints) -> Matches:
        """Some of them, by position."""
        columns = (self.first, self.second, self.first_point, self.second_point)
        first, second, first_point, second_point = (column[which] for column in columns)
        return Matches(first, second, first_point, second_point, self.mirrored[which])


def match_keypoints(
    pictures: Sequence[Keypoints], how: Matching, *, after_cell: Callable[[float], None] = lambda share: None
) -> Matches:
    """All pairs of keypoints of two pictures with nearly the same description, plain and mirrored.

    Args:
        pictures: Keypoints of every picture.
        how: How to match.
        after_cell: Called with the share of the work that is done.
    """
    codes = np.concatenate([one.codes for one in pictures]) if pictures else np.empty((0, 128), np.uint8)
    owner = np.repeat(np.arange(len(pictures), dtype=np.int32), [len(one) for one in pictures])
    point = np.concatenate([np.arange(len(one), dtype=np.int32) for one in pictures]) if pictures else owner
    if len(codes) == 0:
        return _joined([], owner, point)
    centers = _centers(codes, how)
    found: list[tuple[Numbers, Numbers, bool]] = []
    home = _nearest_cells(codes, centers, 1)[:, 0]
    members = _by_cell(home, np.arange(len(codes)), len(centers))
    for mirrored in (False, True):
        asking = mirror_codes(codes) if mirrored else codes
        cells = _nearest_cells(asking, centers, how.probes)
        askers = _by_cell(cells.ravel(), np.repeat(np.arange(len(codes)), cells.shape[1]), len(centers))
        for cell in range(len(centers)):
            here = _match_cell(asking, codes, owner, askers[cell], members[cell], how)
            found.append((*here, mirrored))
            after_cell((cell + 1 + mirrored * len(centers)) / (2 * len(centers)))
    return _joined(found, owner, point)


def _joined(found: list[tuple[Numbers, Numbers, bool]], owner: Numbers, point: Numbers) -> Matches:
    empty = np.empty(0, np.int32)
    asked = np.concatenate([empty, *(one[0] for one in found)])
    known = np.concatenate([empty, *(one[1] for one in found)])
    mirrored = np.repeat([one[2] for one in found], [len(one[0]) for one in found]).astype(bool)
    # The asker is the one that was mirrored; mirroring the other one instead says the same.
    return Matches(owner[known], owner[asked], point[known], point[asked], mirrored)


def _unit(codes: Codes) -> Floats:
    values = codes.astype(np.float32)
    return np.asarray(values / (np.linalg.norm(values, axis=1, keepdims=True) + 1e-6), np.float32)


def _centers(codes: Codes, how: Matching) -> Floats:
    """Descriptions picked at random: dense regions get many cells, which keeps cells about equally full."""
    count = int(np.clip(len(codes) // how.per_cell, 1, how.most_cells))
    picked = np.random.default_rng(0).choice(len(codes), count, replace=False)
    return _unit(codes[np.sort(picked)])


def _nearest_cells(codes: Codes, centers: Floats, count: int) -> Ints:
    count = min(count, len(centers))
    nearest = np.empty((len(codes), count), np.int64)
    for start in range(0, len(codes), _BLOCK):
        closeness = _unit(codes[start : start + _BLOCK]) @ centers.T
        if count == 1:
            nearest[start : start + _BLOCK, 0] = closeness.argmax(axis=1)
        else:
            nearest[start : start + _BLOCK] = np.argpartition(-closeness, count - 1, axis=1)[:, :count]
    return nearest


def _by_cell(cells: Ints, items: Ints, count: int) -> list[Ints]:
    order = np.argsort(cells, kind="stable")
    ends = np.searchsorted(cells[order], np.arange(1, count))
    return np.split(items[order], ends)


def _match_cell(
    asking: Codes, codes: Codes, owner: Numbers, askers: Ints, members: Ints, how: Matching
) -> tuple[Numbers, Numbers]:
    """Askers and members of one cell that match, as positions in the whole list."""
    asked: list[Numbers] = [np.empty(0, np.int32)]
    known: list[Numbers] = [np.empty(0, np.int32)]
    there = _unit(codes[members])
    step = max(1, (1 << 22) // max(1, len(members)))
    for start in range(0, len(askers), step):
        block = askers[start : start + step]
        cosines = _unit(asking[block]) @ there.T
        cosines[owner[block][:, None] <= owner[members][None, :]] = -1
        rows = np.flatnonzero(cosines.max(axis=1, initial=-1) >= how.min_cosine)
        if len(rows) == 0:
            continue
        best = cosines[rows]
        if best.shape[1] > how.most_each:
            limit = -np.partition(-best, how.most_each - 1, axis=1)[:, how.most_each - 1]
            best[best < limit[:, None]] = -1
        row, column = np.nonzero(best >= how.min_cosine)
        asked.append(block[rows[row]].astype(np.int32))
        known.append(members[column].astype(np.int32))
    return np.concatenate(asked), np.concatenate(known)

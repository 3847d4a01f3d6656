"""Many boxes at once: how far do they overlap, and which of them are the same thing twice?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_AT_A_TIME = 256
"""Boxes held against their neighbors at once; all of 2,000 boxes in one place against each other would be 100 MB."""


def iou_matrix(first: Floats, second: Floats) -> Floats:
    """Intersection over union of every box with every other.

    Args:
        first: x0, y0, x1, y1, shape (n, 4).
        second: The same, shape (m, 4).

    Returns:
        Shape (n, m), in [0, 1]; 0 where neither box has an area.

    Example:
        >>> iou_matrix(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2], [5, 5, 6, 6]])).round(3).tolist()
        [[0.333, 0.0]]
    """
    shared = intersections(first, second)
    union = _areas(first)[:, None] + _areas(second)[None, :] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def intersections(first: Floats, second: Floats) -> Floats:
    """Area that every box shares with every other, shape (n, m), in square pixels."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    return np.asarray(np.prod(np.clip(high - low, 0, None), axis=2), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Overlaps:
    """The pairs of boxes that share some area, each pair once.

    Attributes:
        first: Positions of the one box of each pair, shape (n,).
        second: Positions of the other, shape (n,).
        iou: Intersection over union of both, in (0, 1], shape (n,).
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    iou: Floats


def overlaps(boxes: Floats) -> Overlaps:
    """Which boxes share some area, and how much of it.

    Only boxes that begin within the width of another are held against it: of the 100 million pairs of 15,000 boxes in a
    picture of 100 megapixels, some ten thousand share anything.

    Args:
        boxes: Shape (n, 4).

    Example:
        >>> pairs = overlaps(np.array([[0.0, 0, 9, 9], [20, 0, 30, 10], [0, 0, 9, 10]]))
        >>> pairs.first.tolist(), pairs.second.tolist(), pairs.iou.tolist()
        ([0], [2], [0.9])
    """
    order = np.argsort(boxes[:, 0], kind="stable")
    along = boxes[order]
    ends = np.searchsorted(along[:, 0], along[:, 2], side="left")
    parts = [_overlaps_of(along, ends, start) for start in range(0, len(along), _AT_A_TIME)]
    positions = np.concatenate([np.zeros((2, 0), np.int64), *(place for place, _ in parts)], axis=1)
    return Overlaps(order[positions[0]], order[positions[1]], np.concatenate([np.zeros(0), *(iou for _, iou in parts)]))


def _overlaps_of(along: Floats, ends: NDArray[np.int64], start: int) -> tuple[NDArray[np.int64], Floats]:
    """Pairs of some boxes with those that begin to the right of them and before their end, and their overlap."""
    rows = np.arange(start, min(start + _AT_A_TIME, len(along)))
    counts = np.maximum(ends[rows] - rows - 1, 0)
    first = np.repeat(rows, counts)
    within = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    pairs = np.stack([first, first + 1 + within])
    near, far = along[pairs[0]], along[pairs[1]]
    shared = np.prod(
        np.clip(np.minimum(near[:, 2:], far[:, 2:]) - np.maximum(near[:, :2], far[:, :2]), 0, None), axis=1
    )
    some = shared > 0
    union = _areas(near[some]) + _areas(far[some]) - shared[some]
    return pairs[:, some], shared[some] / union


def suppress(boxes: Floats, scores: Floats, labels: NDArray[np.int64], iou: float) -> NDArray[np.int64]:
    """Greedy non-maximum suppression within each class.

    Args:
        boxes: Shape (n, 4).
        scores: Shape (n,).
        labels: Class numbers, shape (n,); boxes of different classes never suppress each other.
        iou: A box is dropped where it overlaps a surer one of its class by more than this.

    Returns:
        Positions of the boxes that stay, the surest first; equal scores in their order.

    Example:
        >>> boxes = np.array([[0.0, 0, 9, 9], [0, 0, 10, 10], [20, 0, 30, 10]])
        >>> suppress(boxes, np.array([0.5, 0.9, 0.7]), np.zeros(3, np.int64), 0.5).tolist()
        [1, 2]
    """
    pairs = overlaps(boxes)
    alike = (pairs.iou > iou) & (labels[pairs.first] == labels[pairs.second])
    return keep_surest(np.argsort(-scores, kind="stable"), pairs.first[alike], pairs.second[alike])


def keep_surest(order: NDArray[np.int64], first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """Go through things in an order, and drop whatever stands for the same as one that was kept before.

    Args:
        order: Positions of all things, the surest first.
        first: One of each two things that stand for the same.
        second: The other one.

    Example:
        >>> keep_surest(np.array([2, 0, 1]), np.array([0, 0]), np.array([1, 2])).tolist()
        [2, 1]
    """
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    surer, weaker = np.minimum(rank[first], rank[second]), np.maximum(rank[first], rank[second])
    by_surer = np.argsort(surer, kind="stable")
    weaker, starts = weaker[by_surer], np.searchsorted(surer[by_surer], np.arange(len(order) + 1))
    kept = np.ones(len(order), dtype=bool)
    for place in np.unique(surer):
        if kept[place]:
            kept[weaker[starts[place] : starts[place + 1]]] = False
    return order[kept]


def _areas(boxes: Floats) -> Floats:
    return np.asarray(np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1), dtype=np.float64)

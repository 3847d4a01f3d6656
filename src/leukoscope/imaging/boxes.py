"""Many boxes at once: how far do they overlap, and which of them are the same thing twice?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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
    left = np.argsort(-scores, kind="stable")
    kept = []
    while len(left):  # against one box at a time: all pairs of 2,000 boxes would be 100 MB
        first, left = left[0], left[1:]
        kept.append(first)
        overlap = iou_matrix(boxes[first][None], boxes[left])[0]
        left = left[(overlap <= iou) | (labels[left] != labels[first])]
    return np.array(kept, dtype=np.int64)


def _areas(boxes: Floats) -> Floats:
    return np.asarray(np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1), dtype=np.float64)

"""How well does an outline fit?  Dice, overlap, and distances between the borders of two masks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def dice(first: Bools, second: Bools) -> float:
    """Twice the shared area over the sum of both areas, in [0, 1]; 1 where both masks are empty.

    Raises:
        InvalidValueError: The masks differ in shape.

    References:
        Dice 1945, "Measures of the amount of ecologic association between species".

    Example:
        >>> dice(np.array([[True, True, False]]), np.array([[True, False, False]])).__round__(3)
        0.667
    """
    _demand_same_shape(first, second)
    total = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / total if total else 1.0


def mask_iou(first: Bools, second: Bools) -> float:
    """Shared area over the joint area, in [0, 1]; 1 where both masks are empty.

    Raises:
        InvalidValueError: The masks differ in shape.
    """
    _demand_same_shape(first, second)
    joint = int((first | second).sum())
    return int((first & second).sum()) / joint if joint else 1.0


def boundary_f1(first: Bools, second: Bools, *, tolerance_px: float = 2.0) -> float:
    """Harmonic mean of the shares of either border that lie near the other one.

    Args:
        first: A mask, shape (height, width).
        second: Another one of the same shape.
        tolerance_px: How near is near, in pixels.

    Returns:
        In [0, 1]; 1 where both masks are empty, 0 where one is.

    Raises:
        InvalidValueError: The masks differ in shape.

    References:
        Csurka, Larlus and Perronnin 2013, "What is a good evaluation measure for semantic segmentation?", section 3.
    """
    to_second, to_first = _border_distances(first, second)
    if not len(to_second) or not len(to_first):
        return float(len(to_second) == len(to_first))
    precision, recall = float((to_second <= tolerance_px).mean()), float((to_first <= tolerance_px).mean())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def hausdorff_95(first: Bools, second: Bools) -> float:
    """The distance within which 95 % of either border lie from the other one, in pixels; the larger of both ways.

    Returns:
        0 where both masks are empty, infinite where one is.

    Raises:
        InvalidValueError: The masks differ in shape.

    References:
        Huttenlocher, Klanderman and Rucklidge 1993, "Comparing images using the Hausdorff distance" (partial distance).
    """
    to_second, to_first = _border_distances(first, second)
    if not len(to_second) or not len(to_first):
        return 0.0 if len(to_second) == len(to_first) else float("inf")
    return float(max(np.percentile(to_second, 95), np.percentile(to_first, 95)))


def border(mask: Bools) -> Bools:
    """Pixels of a mask that have a neighbor outside of it, up, down, left or right; the picture's edge is outside."""
    from scipy.ndimage import binary_erosion

    return np.asarray(mask & ~binary_erosion(mask), dtype=np.bool_)


def _border_distances(first: Bools, second: Bools) -> tuple[Floats, Floats]:
    """From each border pixel of the one to the border of the other, and back; empty where a mask is."""
    from scipy.ndimage import distance_transform_edt

    _demand_same_shape(first, second)
    edges = border(first), border(second)
    if not edges[0].any() or not edges[1].any():
        return np.zeros(int(edges[0].sum())), np.zeros(int(edges[1].sum()))
    away = [distance_transform_edt(~edge) for edge in edges]
    return np.asarray(away[1][edges[0]], dtype=np.float64), np.asarray(away[0][edges[1]], dtype=np.float64)


def _demand_same_shape(first: Bools, second: Bools) -> None:
    if first.shape != second.shape or first.ndim != 2:
        raise InvalidValueError(f"Masks must have one shape (height, width), got {first.shape} and {second.shape}.")

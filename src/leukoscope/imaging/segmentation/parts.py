"""Nuclear mask -> parts: connected pieces, cut at their necks."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.imaging.color import Floats
from leukoscope.imaging.segmentation.geometry import Mask, fill_holes

Labels = NDArray[np.int32]
Points = NDArray[np.int32]

_NECK = 0.78
"""Two bulges are parts of their own where the neck between them is narrower than this share of the smaller one."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A piece of nucleus, in working pixels.

    Attributes:
        number: Its number in the label picture.
        piece: Number of the connected piece it was cut from.
        outline: Border points, shape (n, 2), x and y.
        center: Centroid.
        area: Number of pixels.
        width: Diameter of the largest circle inside.
        depth: Mean purpleness.
    """

    number: int
    piece: int
    outline: Points
    center: tuple[float, float]
    area: float
    width: float
    depth: float


def cut_into_parts(mask: Mask, purple: Floats, unit: float) -> tuple[list[Part], Labels]:
    """Pieces of the nuclear mask, cut where they narrow.

    Args:
        mask: Nuclear pixels, 0 or 1.
        purple: Purpleness of each pixel.
        unit: Typical inscribed diameter of a nucleus.

    Returns:
        The parts and a picture of their numbers, 0 elsewhere.
    """
    solid = fill_holes(mask, 0.35 * unit**2)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=4)
    pieces = np.asarray(labels, np.int32)
    padded = np.asarray(
        cv2.distanceTransform(cv2.copyMakeBorder(solid, 1, 1, 1, 1, cv2.BORDER_REPLICATE), cv2.DIST_L2, 5)
    )
    depth = np.asarray(padded[1:-1, 1:-1], np.float32)
    parts: list[Part] = []
    result = np.zeros(pieces.shape, np.int32)
    for piece in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[piece])
        if area < 0.02 * unit**2:
            continue
        window = (slice(y, y + h), slice(x, x + w))
        own = pieces[window] == piece
        for inside in _cut(own, depth[window] * own, unit):
            part = _part(inside, depth[window], purple[window], (x, y), len(parts) + 1, piece)
            result[window][inside] = part.number
            parts.append(part)
    return parts, result


def _cut(own: NDArray[np.bool_], depth: Floats, unit: float) -> list[NDArray[np.bool_]]:
    """One mask per part of a connected piece."""
    seeds = _seeds(depth, unit)
    if len(seeds) < 2:
        return [own]
    rows, columns = np.nonzero(own)
    # Power-like diagram: each pixel goes to the seed whose inscribed circle it is nearest to.
    distance = np.stack([np.hypot(columns - x, rows - y) - r for x, y, r in seeds])
    owner = np.argmin(distance, axis=0)
    parts = []
    for number in range(len(seeds)):
        inside = np.zeros_like(own)
        inside[rows[owner == number], columns[owner == number]] = True
        if inside.any():
            parts.append(inside)
    return parts


def _seeds(depth: Floats, unit: float) -> list[tuple[float, float, float]]:
    """Centers and radii of bulges (local maxima of the distance transform), those without a neck between joined."""
    soft = np.asarray(cv2.GaussianBlur(depth, (0, 0), max(0.8, 0.05 * unit), borderType=cv2.BORDER_REPLICATE))
    side = 2 * max(1, round(0.2 * unit)) + 1
    top = cv2.dilate(soft, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    peaks = ((soft >= top - 1e-4) & (soft > 0.15 * unit) & (soft > 0.3 * soft.max())).astype(np.uint8)
    count, _, _, centers = cv2.connectedComponentsWithStats(peaks)
    found = [(float(x), float(y), float(depth[round(y), round(x)])) for x, y in centers[1:count]]
    found.sort(key=lambda seed: -seed[2])
    kept: list[tuple[float, float, float]] = []
    for seed in found:
        if all(_neck(depth, seed, other) < _NECK * min(seed[2], other[2]) for other in kept):
            kept.append(seed)
    return kept


def _neck(depth: Floats, one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """Smallest half width on the straight way between two seeds."""
    steps = np.linspace(0, 1, 24)
    rows = np.round(one[1] + steps * (other[1] - one[1])).astype(int)
    columns = np.round(one[0] + steps * (other[0] - one[0])).astype(int)
    return float(depth[rows, columns].min())


def _part(
    inside: NDArray[np.bool_], depth: Floats, purple: Floats, corner: tuple[int, int], number: int, piece: int
) -> Part:
    mask = inside.astype(np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = np.asarray(max(outlines, key=len), np.int32)[:, 0, :] + np.array(corner, np.int32)
    rows, columns = np.nonzero(inside)
    center = float(columns.mean()) + corner[0], float(rows.mean()) + corner[1]
    return Part(
        number,
        piece,
        outline,
        center,
        float(len(rows)),
        2 * float(depth[inside].max()),
        float(purple[inside].mean()),
    )

"""How does a detector see a picture?  Whole, or in overlapping tiles at its own pixel size; and back to the picture.

The ONE copy, used by training and by inference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.domain.objects import Detections
from leukoscope.imaging.boxes import suppress
from leukoscope.imaging.preprocessing import resize

Floats32 = NDArray[np.float32]
Way = Literal["whole", "tiles"]
_SEAM = 2.0
"""Pixels: a box this close to a seam is cut by it."""
_BRIGHT = 90
"""Percentile of each channel that counts as the empty glass around the cells."""
_AT_ONCE = 2000
"""Boxes per tile that suppression looks at; it compares every box with every other."""


@dataclass(frozen=True, slots=True)
class DetectorView:
    """What a detector is shown, and how its answers are read.

    Attributes:
        width: Of what the graph takes, in pixels.
        height: Of what the graph takes, in pixels.
        way: The whole picture squeezed to that size, or tiles of it.
        pixel_size_um: Pixel size that tiles have; None for whole pictures.
        overlap_px: How far neighboring tiles overlap; the largest object should fit.
        score_floor: Boxes below this score are dropped.
        nms_iou: See `boxes.suppress`.
        max_objects: At most this many objects per picture stay, the surest.
    """

    width: int
    height: int
    way: Way
    pixel_size_um: float | None
    overlap_px: int
    score_floor: float
    nms_iou: float
    max_objects: int


@dataclass(frozen=True, slots=True)
class TilePlan:
    """Where the tiles of a picture lie.

    Attributes:
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        scaled_width: Of the picture as tiles are cut from it.
        scaled_height: Of the picture as tiles are cut from it.
        corners: Left upper corner (x, y) of each tile, in pixels of the scaled picture.
    """

    width: int
    height: int
    scaled_width: int
    scaled_height: int
    corners: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class RawBoxes:
    """What a graph says of n tiles: boxes (n, k, 4) in pixels of the tile, scores and labels (n, k)."""

    boxes: Floats32
    scores: Floats32
    labels: NDArray[np.int64]


def plan_tiles(width: int, height: int, view: DetectorView, pixel_size_um: float | None = None) -> TilePlan:
    """Lay tiles over a picture so that every object lies whole in one of them.

    Args:
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        view: What the detector takes.
        pixel_size_um: Of the picture; unknown, it is taken as the detector's own.
    """
    if view.way == "whole":
        return TilePlan(width, height, view.width, view.height, ((0, 0),))
    factor = (pixel_size_um or view.pixel_size_um or 1.0) / (view.pixel_size_um or 1.0)
    scaled = max(1, round(width * factor)), max(1, round(height * factor))
    across = _starts(scaled[0], view.width, view.overlap_px)
    down = _starts(scaled[1], view.height, view.overlap_px)
    return TilePlan(width, height, *scaled, tuple((x, y) for y in down for x in across))


def cut_tiles(pixels: Pixels, plan: TilePlan, view: DetectorView) -> Pixels:
    """The tiles of a picture, uint8, shape (n, height, width, 3); what reaches past the picture is empty glass."""
    scaled = resize(pixels, plan.scaled_width, plan.scaled_height)
    tiles = np.empty((len(plan.corners), view.height, view.width, 3), dtype=np.uint8)
    tiles[:] = glass_of(scaled)
    for tile, (x, y) in zip(tiles, plan.corners, strict=True):
        part = scaled[y : y + view.height, x : x + view.width]
        tile[: part.shape[0], : part.shape[1]] = part
    return tiles


def glass_of(pixels: Pixels) -> Pixels:
    """The color of the empty glass of a picture, shape (3,)."""
    return np.percentile(pixels.reshape(-1, 3), _BRIGHT, axis=0).round().astype(np.uint8)


def join_tiles(raw: RawBoxes, plan: TilePlan, view: DetectorView) -> Detections:
    """What was found in the picture, in its own pixels: nothing cut by a seam, nothing twice, nothing outside."""
    boxes, scores, labels = [], [], []
    for tile, (x, y) in enumerate(plan.corners):
        chosen = _surest(raw.scores[tile], view.score_floor)
        whole = raw.boxes[tile][chosen].astype(np.float64)
        sound = np.isfinite(whole).all(axis=1) & ~_cut_by_seam(whole, (x, y), plan, view)
        boxes.append(whole[sound] + (x, y, x, y))
        scores.append(raw.scores[tile][chosen][sound].astype(np.float64))
        labels.append(raw.labels[tile][chosen][sound].astype(np.int64))
    return _settled(np.concatenate(boxes), np.concatenate(scores), np.concatenate(labels), plan, view)


def _settled(
    boxes: NDArray[np.float64],
    scores: NDArray[np.float64],
    labels: NDArray[np.int64],
    plan: TilePlan,
    view: DetectorView,
) -> Detections:
    limits = np.array([plan.scaled_width, plan.scaled_height] * 2, dtype=np.float64)
    boxes = np.clip(boxes, 0, limits) * (np.array([plan.width, plan.height] * 2) / limits)
    with_area = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    boxes, scores, labels = boxes[with_area], scores[with_area], labels[with_area]
    kept = suppress(boxes, scores, labels, view.nms_iou)[: view.max_objects]
    return Detections(boxes[kept], scores[kept], labels[kept])


def _surest(scores: Floats32, floor: float) -> NDArray[np.int64]:
    chosen = np.flatnonzero(scores >= floor)
    return chosen[np.argsort(-scores[chosen], kind="stable")[:_AT_ONCE]]


def _cut_by_seam(
    boxes: NDArray[np.float64], corner: tuple[int, int], plan: TilePlan, view: DetectorView
) -> NDArray[np.bool_]:
    """Boxes that touch an edge of the tile which is no edge of the picture; another tile shows them whole."""
    (x, y), cut = corner, np.zeros(len(boxes), dtype=bool)
    if view.way == "whole":
        return cut
    cut |= (boxes[:, 0] < _SEAM) & (x > 0)
    cut |= (boxes[:, 1] < _SEAM) & (y > 0)
    cut |= (boxes[:, 2] > view.width - _SEAM) & (x + view.width < plan.scaled_width)
    cut |= (boxes[:, 3] > view.height - _SEAM) & (y + view.height < plan.scaled_height)
    return cut


def _starts(length: int, tile: int, overlap: int) -> list[int]:
    """Where tiles begin along one side: evenly, the last one ends with the picture."""
    if length <= tile:
        return [0]
    count = -(-(length - overlap) // max(1, tile - overlap))
    return [round(place * (length - tile) / (count - 1)) for place in range(count)]

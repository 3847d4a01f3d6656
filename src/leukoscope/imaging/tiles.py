"""How does a detector see a picture?  Whole, or in overlapping tiles at its own pixel size; and back to the picture.

The ONE copy, used by training and by inference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.domain.objects import Detections
from leukoscope.errors import InvalidValueError
from leukoscope.imaging.boxes import keep_surest, overlaps, suppress
from leukoscope.imaging.levels import count_levels, level_at
from leukoscope.imaging.preprocessing import resize

Floats32 = NDArray[np.float32]
Way = Literal["whole", "tiles"]
_SEAM = 2.0
"""Pixels: a box this close to a seam is cut by it."""
_STRIP = 4.0
"""Pixels to either side of the middle of an overlap in which both tiles answer."""
_BRIGHT = 90
"""Percentile of each channel that counts as the empty glass around the cells."""
_GLASS_SIDE = 500
"""Pixels along the shorter side from which the color of the glass is taken; more would not change it."""
_AT_ONCE = 2000
"""Boxes per tile that suppression looks at; it compares every box with every other."""
LARGEST = 640
"""Side of a tile, in pixels, where the graph takes any size: larger ones save little more of the overlap."""

_TILES = 128
"""So many tiles are laid over any picture, however small it is beside them."""
_TIMES = 8
"""Besides these, tiles show at most so many times the pixels that the picture has: a photograph of 1280 x 960 may be
enlarged until its smallest red cells are known, and a wrong pixel size keeps no server busy for minutes."""


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
        max_objects: At most this many objects per tile or whole picture stay, the surest.
        multiple_px: Tiles may be any multiple of this wide and high, up to `LARGEST`; None: they are as `width` and
            `height` say.
    """

    width: int
    height: int
    way: Way
    pixel_size_um: float | None
    overlap_px: int
    score_floor: float
    nms_iou: float
    max_objects: int
    multiple_px: int | None = None


@dataclass(frozen=True, slots=True)
class TilePlan:
    """Where the tiles of a picture lie.

    Attributes:
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        scaled_width: Of the picture as tiles are cut from it.
        scaled_height: Of the picture as tiles are cut from it.
        tile_width: Of every tile, in pixels.
        tile_height: Of every tile, in pixels.
        corners: Left upper corner (x, y) of each tile, in pixels of the scaled picture.
    """

    width: int
    height: int
    scaled_width: int
    scaled_height: int
    tile_width: int
    tile_height: int
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

    Raises:
        InvalidValueError: Enlarged to the detector's pixel size, the picture would need too many tiles.
    """
    if view.way == "whole":
        return TilePlan(width, height, view.width, view.height, view.width, view.height, ((0, 0),))
    if not affordable(width, height, view, pixel_size_um):
        raise InvalidValueError(
            f"A picture of {width} x {height} pixels of {pixel_size_um or view.pixel_size_um} µm needs too many tiles.",
            hint="Check the pixel size, or cut the picture into parts.",
        )
    scaled = _scaled(width, height, view, pixel_size_um)
    sides = _side(scaled[0], view.width, view), _side(scaled[1], view.height, view)
    across, down = (_starts(*both, view.overlap_px) for both in zip(scaled, sides, strict=True))
    return TilePlan(width, height, *scaled, *sides, tuple((x, y) for y in down for x in across))


def affordable(width: int, height: int, view: DetectorView, pixel_size_um: float | None = None) -> bool:
    """Whether a picture needs no more tiles than 128, or than show 8 times the pixels that it has.

    Args:
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        view: What the detector takes.
        pixel_size_um: Of the picture; unknown, it is taken as the detector's own.

    Example:
        >>> view = DetectorView(320, 320, "tiles", 0.18, 112, 0.5, 0.5, 1000, multiple_px=32)
        >>> affordable(1280, 960, view, 0.8), affordable(1280, 960, view, 5.0)
        (True, False)
    """
    if view.way == "whole":
        return True
    scaled = _scaled(width, height, view, pixel_size_um)
    sides = _side(scaled[0], view.width, view), _side(scaled[1], view.height, view)
    across, down = (_count(*both, view.overlap_px) for both in zip(scaled, sides, strict=True))
    return across * down <= _TILES + _TIMES * width * height / (sides[0] * sides[1])


def _scaled(width: int, height: int, view: DetectorView, pixel_size_um: float | None) -> tuple[int, int]:
    factor = (pixel_size_um or view.pixel_size_um or 1.0) / (view.pixel_size_um or 1.0)
    return max(1, round(width * factor)), max(1, round(height * factor))


def cut_tiles(pixels: Pixels, plan: TilePlan, corners: Sequence[tuple[int, int]] | None = None) -> Pixels:
    """Tiles of a picture, uint8, shape (n, height, width, 3); what reaches past the picture is empty glass.

    Each is cut from the picture before it is scaled, so that a large picture is never copied whole. A tile may lie half
    a pixel of the picture aside from where the plan has it.

    Args:
        pixels: The picture.
        plan: Where its tiles lie.
        corners: Which of them; all by default.
    """
    chosen = plan.corners if corners is None else corners
    tiles = np.empty((len(chosen), plan.tile_height, plan.tile_width, 3), dtype=np.uint8)
    if plan.tile_width > plan.scaled_width or plan.tile_height > plan.scaled_height:
        tiles[:] = glass_of(pixels)
    for tile, (x, y) in zip(tiles, chosen, strict=True):
        width, height = min(plan.tile_width, plan.scaled_width - x), min(plan.tile_height, plan.scaled_height - y)
        left, right = _window(x, width, plan.width / plan.scaled_width, plan.width)
        top, bottom = _window(y, height, plan.height / plan.scaled_height, plan.height)
        tile[:height, :width] = resize(pixels[top:bottom, left:right], width, height)
    return tiles


def _window(start: int, length: int, ratio: float, limit: int) -> tuple[int, int]:
    """First and last pixel of the picture under a tile, at least one."""
    first = min(round(start * ratio), limit - 1)
    return first, max(first + 1, min(limit, round((start + length) * ratio)))


def glass_of(pixels: Pixels) -> Pixels:
    """The color of the empty glass of a picture, shape (3,)."""
    step = max(1, min(pixels.shape[:2]) // _GLASS_SIDE)
    channels = cv2.split(pixels[::step, ::step])
    bright = [level_at(count_levels(np.asarray(channel, np.uint8)), _BRIGHT) for channel in channels]
    return np.array(bright).round().astype(np.uint8)


def join_tiles(raw: RawBoxes, plan: TilePlan, view: DetectorView) -> Detections:
    """What was found in the picture, in its own pixels: nothing cut by a seam, nothing twice, nothing outside."""
    return merge_tiles(list(read_tiles(raw, plan.corners, plan, view)), plan, view)


def read_tiles(
    raw: RawBoxes, corners: Sequence[tuple[int, int]], plan: TilePlan, view: DetectorView
) -> Iterator[Detections]:
    """What was found in each of some tiles, in pixels of the scaled picture: nothing cut by a seam, nothing twice.

    Args:
        raw: What the graph says of these tiles.
        corners: Where they lie.
        plan: Where all tiles lie.
        view: How answers are read.
    """
    limits = np.array([plan.scaled_width, plan.scaled_height] * 2, dtype=np.float64)
    for tile, (x, y) in enumerate(corners):
        chosen = _surest(raw.scores[tile], view.score_floor)
        whole = raw.boxes[tile][chosen].astype(np.float64)
        boxes = np.clip(whole + np.array([x, y] * 2), 0, limits)
        sound = np.isfinite(whole).all(axis=1) & ~_cut_by_seam(whole, (x, y), plan, view)
        sound &= _owned(whole, (x, y), plan, view) & (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        scores, labels = raw.scores[tile][chosen][sound].astype(np.float64), raw.labels[tile][chosen][sound]
        yield _suppressed(boxes[sound], scores, labels.astype(np.int64), view.nms_iou, view.max_objects)


def merge_tiles(found: Sequence[Detections], plan: TilePlan, view: DetectorView) -> Detections:
    """What was found in all tiles, in pixels of the picture; what two tiles show is told once."""
    boxes, scores, labels = (
        np.concatenate([getattr(one, part) for one in found]) for part in ("boxes", "scores", "labels")
    )
    ratio = np.array([plan.width / plan.scaled_width, plan.height / plan.scaled_height] * 2)
    kept = np.arange(len(scores))
    if len(found) > 1:
        tiles = np.repeat(np.arange(len(found)), [len(one) for one in found])
        kept = suppress(boxes, scores, labels, view.nms_iou)
        kept = kept[_told_once(boxes[kept], labels[kept], tiles[kept])]
    return Detections(boxes[kept] * ratio, scores[kept], labels[kept])


def _told_once(boxes: NDArray[np.float64], labels: NDArray[np.int64], tiles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions without boxes whose middle is nearly that of a surer box of their class from another tile.

    Of a platelet in a picture that was enlarged, two tiles may give boxes that overlap little: an error of one pixel of
    the picture is large beside it. Two objects in one place would be nearer than half of the smaller side of both.

    Args:
        boxes: Shape (n, 4), the surest first.
        labels: Shape (n,).
        tiles: Which tile tells each, shape (n,).
    """
    pairs = overlaps(boxes)  # a middle so near lies within the other box
    middles, sides = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=np.inf)
    apart = np.hypot(*(middles[pairs.first] - middles[pairs.second]).T)
    same = apart < np.minimum(sides[pairs.first], sides[pairs.second]) / 2
    same &= (labels[pairs.first] == labels[pairs.second]) & (tiles[pairs.first] != tiles[pairs.second])
    return keep_surest(np.arange(len(boxes)), pairs.first[same], pairs.second[same])


def _suppressed(
    boxes: NDArray[np.float64],
    scores: NDArray[np.float64],
    labels: NDArray[np.int64],
    iou: float,
    most: int | None = None,
) -> Detections:
    kept = suppress(boxes, scores, labels, iou)[:most]
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
    cut |= (boxes[:, 2] > plan.tile_width - _SEAM) & (x + plan.tile_width < plan.scaled_width)
    cut |= (boxes[:, 3] > plan.tile_height - _SEAM) & (y + plan.tile_height < plan.scaled_height)
    return cut


def _owned(
    boxes: NDArray[np.float64], corner: tuple[int, int], plan: TilePlan, view: DetectorView
) -> NDArray[np.bool_]:
    """Boxes whose middle lies in the part that a tile answers for: half of an overlap belongs to each neighbor.

    A cell of which a tile shows only a part may be given a box that stops short of the seam and so looks whole; its
    middle lies near the edge then. Both neighbors answer for a narrow strip, so that no cell falls between them.
    """
    (x, y), own = corner, np.ones(len(boxes), dtype=bool)
    if view.way == "whole":
        return own
    margin = max(0.0, view.overlap_px / 2 - _STRIP)
    across, down = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    own &= (across >= margin) | (x == 0)
    own &= (down >= margin) | (y == 0)
    own &= (across <= plan.tile_width - margin) | (x + plan.tile_width >= plan.scaled_width)
    own &= (down <= plan.tile_height - margin) | (y + plan.tile_height >= plan.scaled_height)
    return own


def _side(length: int, fixed: int, view: DetectorView) -> int:
    """How wide or high tiles are: as few as possible share the length, rounded up to what the graph takes."""
    multiple = view.multiple_px
    if multiple is None:
        return fixed
    count = max(1, -(-(length - view.overlap_px) // (LARGEST - view.overlap_px)))
    wanted = -(-(length + (count - 1) * view.overlap_px) // count)
    return max(multiple, -(-wanted // multiple) * multiple)


def _starts(length: int, tile: int, overlap: int) -> list[int]:
    """Where tiles begin along one side: evenly, the last one ends with the picture."""
    count = _count(length, tile, overlap)
    return [0] if count == 1 else [round(place * (length - tile) / (count - 1)) for place in range(count)]


def _count(length: int, tile: int, overlap: int) -> int:
    return 1 if length <= tile else -(-(length - overlap) // max(1, tile - overlap))

"""How do boxes, outlines and masks follow their picture?

A box is moved as the rectangle it is (or by its outline where there is one), cut at the edge of the picture, and drawn
upright again around what is left. Turned rectangles need larger upright boxes: outlines keep boxes tight.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision import tv_tensors  # type: ignore[import-untyped]  # ships no types

from leukoscope.data.manifest import Annotation
from leukoscope.domain.regions import Box
from leukoscope.modeling.augmentation.geometry import in_pixels, resample
from leukoscope.modeling.augmentation.steps import Fill

KEPT_SHARE = 0.3
"""A marked object of which less than this share of its area stays in the picture is dropped."""

Polygon = list[tuple[float, float]]


def move_annotations(
    annotations: tuple[Annotation, ...], matrix: Tensor, before: tuple[int, int], after: tuple[int, int]
) -> tuple[Annotation, ...]:
    """Marked objects where they are after a change.

    Args:
        annotations: In pixels of the picture.
        matrix: From the result to the picture, shape (3, 3), as in `Changed.matrices`.
        before: Height and width of the picture.
        after: Height and width of the result.

    Returns:
        Those of which at least `KEPT_SHARE` stays inside, in pixels of the result, boxes within it.
    """
    forward = in_pixels(matrix[None], before, after)[0]
    moved = (_follow(one, forward, *after) for one in annotations)
    return tuple(one for one in moved if one is not None)


def move_boxes(
    boxes: tv_tensors.BoundingBoxes, matrix: Tensor, after: tuple[int, int]
) -> tuple[tv_tensors.BoundingBoxes, Tensor]:
    """Boxes of torchvision where they are after a change.

    Args:
        boxes: Format XYXY, with the canvas size of the picture.
        matrix: From the result to the picture, shape (3, 3).
        after: Height and width of the result.

    Returns:
        The boxes that stay, and the indices they had, so that labels can follow.
    """
    forward = in_pixels(matrix[None], tuple(boxes.canvas_size), after)[0]
    followed = [
        (index, one)
        for index, sides in enumerate(boxes.tolist())
        if (one := _follow(Annotation(Box(*sides), "object"), forward, *after)) is not None
    ]
    sides = torch.tensor([one.box.as_list() for _, one in followed], dtype=torch.float32).view(-1, 4)
    kept = torch.tensor([index for index, _ in followed], dtype=torch.int64)
    return tv_tensors.BoundingBoxes(sides, format="XYXY", canvas_size=after), kept


def move_masks(masks: Tensor, matrices: Tensor, after: tuple[int, int], fill: Fill) -> tv_tensors.Mask:
    """Masks where they are after a change; values are kept, never mixed.

    Args:
        masks: uint8, shape (n, channels, height, width).
        matrices: From the result to the picture, shape (n, 3, 3).
        after: Height and width of the result.
        fill: As for the pictures, so that what is mirrored there is mirrored here.
    """
    return tv_tensors.Mask(resample(masks.float(), matrices, *after, fill, mode="nearest").round().to(torch.uint8))


def magnification(matrix: Tensor, before: tuple[int, int], after: tuple[int, int]) -> tuple[float, float]:
    """Smallest and largest number of pixels of the result per pixel of the picture."""
    stretches = torch.linalg.svdvals(in_pixels(matrix[None], before, after)[0, :2, :2]).tolist()
    return min(stretches), max(stretches)


def _follow(one: Annotation, forward: Tensor, height: int, width: int) -> Annotation | None:
    box = one.box
    corners = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]
    outline = list(one.outline) if len(one.outline) >= 3 else []
    whole = _transformed(outline or corners, forward)
    inside = _clipped(whole, float(width), float(height))
    if not inside or _area(inside) < KEPT_SHARE * _area(whole):
        return None
    across, down = [x for x, _ in inside], [y for _, y in inside]
    if max(across) - min(across) <= 0 or max(down) - min(down) <= 0:
        return None
    return Annotation(Box(min(across), min(down), max(across), max(down)), one.label, tuple(inside) if outline else ())


def _transformed(points: Polygon, forward: Tensor) -> Polygon:
    there = torch.tensor([(x, y, 1.0) for x, y in points], dtype=torch.float64) @ forward.T
    return [(x, y) for x, y, _ in there.tolist()]


def _clipped(points: Polygon, width: float, height: float) -> Polygon:
    """What of a polygon lies in the picture (Sutherland and Hodgman 1974)."""
    for axis, edge, sign in ((0, 0.0, 1), (0, width, -1), (1, 0.0, 1), (1, height, -1)):
        points = _cut(points, axis, edge, sign)
    return points


def _cut(points: Polygon, axis: int, edge: float, sign: int) -> Polygon:
    kept: Polygon = []
    for here, after in zip(points, points[1:] + points[:1], strict=True):
        inside, stays = sign * (here[axis] - edge) >= 0, sign * (after[axis] - edge) >= 0
        if inside:
            kept.append(here)
        if inside != stays:
            part = (edge - here[axis]) / (after[axis] - here[axis])
            crossing = [here[0] + part * (after[0] - here[0]), here[1] + part * (after[1] - here[1])]
            crossing[axis] = edge
            kept.append((crossing[0], crossing[1]))
    return kept


def _area(points: Polygon) -> float:
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2

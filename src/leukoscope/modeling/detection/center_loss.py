"""What are the maps of a center detector to show, and how far are they from it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.ops import generalized_box_iou_loss  # type: ignore[import-untyped]  # ships no types

from leukoscope.modeling.detection.network import Target

_REACH = 0.54
"""Half axes of an object's Gaussian over half the sides of its box (Liu et al. 2020, section 3.2)."""
_BOX_WEIGHT = 5.0
_TINY = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class CenterMaps:
    """What a picture's maps are to show.

    Attributes:
        heat: Gaussians of the objects of each class, 1 at a center, shape (classes, rows, columns).
        boxes: Box that a place belongs to, in pixels, shape (4, rows, columns).
        weight: How much the box of a place counts; of each object the weights sum to the log of its area.
    """

    heat: Tensor
    boxes: Tensor
    weight: Tensor


def center_loss(logits: Tensor, boxes: Tensor, targets: Sequence[Target], stride: int) -> Tensor:
    """Focal loss of the centers plus the weighted generalized IoU loss of the boxes.

    Args:
        logits: Of centers, shape (n, classes, rows, columns).
        boxes: Predicted by every place, in pixels, shape (n, 4, rows, columns).
        targets: What lies in each picture.
        stride: Pixels per place.

    References:
        Law and Deng 2018, "CornerNet", equation 1 (focal loss with Gaussians); Rezatofighi et al. 2019, "Generalized
        intersection over union"; Liu et al. 2020, equations 5 to 7 (weights).
    """
    wanted = [draw_maps(one, logits.shape[1], (logits.shape[2], logits.shape[3]), stride) for one in targets]
    heat = torch.stack([one.heat for one in wanted]).to(logits.device)
    probability = torch.sigmoid(logits).clamp(_TINY, 1 - _TINY)
    peak = heat == 1
    found = -torch.log(probability) * (1 - probability) ** 2 * peak
    missed = -torch.log(1 - probability) * probability**2 * (1 - heat) ** 4 * ~peak
    focal = (found.sum() + missed.sum()) / peak.sum().clamp_min(1)
    weight = torch.stack([one.weight for one in wanted]).to(logits.device)
    there = weight > 0
    if not there.any():
        return torch.as_tensor(focal)
    right = torch.stack([one.boxes for one in wanted]).to(logits.device).permute(0, 2, 3, 1)[there]
    apart = generalized_box_iou_loss(boxes.permute(0, 2, 3, 1)[there], right)
    return torch.as_tensor(focal + _BOX_WEIGHT * (apart * weight[there]).sum() / weight.sum())


def draw_maps(target: Target, classes: int, size: tuple[int, int], stride: int) -> CenterMaps:
    """What the maps of one picture are to show.

    Where Gaussians of two objects meet, a place belongs to the smaller one, which has fewer places.

    Args:
        target: Its objects.
        classes: Number of classes.
        size: Rows and columns of the maps.
        stride: Pixels per place.
    """
    rows, columns = size
    heat, boxes, weight = torch.zeros(classes, *size), torch.zeros(4, *size), torch.zeros(*size)
    if not len(target.labels):
        return CenterMaps(heat, boxes, weight)
    sides = target.boxes[:, 2:] - target.boxes[:, :2]
    gaussian = _gaussians(target.boxes / stride, sides / stride, rows, columns)
    for label in sorted(set(target.labels.tolist())):
        heat[label] = gaussian[target.labels == label].amax(0)
    areas = sides.prod(1)
    owner = torch.where(gaussian > 0, areas.view(-1, 1, 1), torch.inf).min(0)
    owned = owner.values < torch.inf
    share = gaussian.gather(0, owner.indices[None])[0] * owned
    sums = torch.zeros(len(areas)).index_add(0, owner.indices.flatten(), share.flatten())
    counts = torch.log(areas.clamp_min(2.0)) / sums.clamp_min(_TINY)
    boxes = target.boxes[owner.indices].permute(2, 0, 1)
    return CenterMaps(heat, boxes, share * counts[owner.indices])


def _gaussians(boxes: Tensor, sides: Tensor, rows: int, columns: int) -> Tensor:
    """One Gaussian per object in units of places, 1 at the place that holds its center, cut off at its half axes."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    place = torch.stack([middle[:, 0].clamp(0, columns - 1), middle[:, 1].clamp(0, rows - 1)], dim=1).floor()
    half = (_REACH * sides / 2).floor()
    spread = (2 * half + 1) / 6
    x = torch.arange(columns).view(1, 1, columns) - place[:, 0].view(-1, 1, 1)
    y = torch.arange(rows).view(1, rows, 1) - place[:, 1].view(-1, 1, 1)
    gaussian = torch.exp(
        -(x**2) / (2 * spread[:, 0].view(-1, 1, 1) ** 2) - y**2 / (2 * spread[:, 1].view(-1, 1, 1) ** 2)
    )
    inside = (x.abs() <= half[:, 0].view(-1, 1, 1)) & (y.abs() <= half[:, 1].view(-1, 1, 1))
    return gaussian * inside

"""Our detector: every fourth pixel says whether an object has its center there, and how far its sides are.

A residual network without pretrained weights, joined from coarse to fine; no anchors.

References:
    Zhou, Wang and Kraehenbuehl 2019, "Objects as points" (centers as peaks of a map);
    Liu, Zheng, Xu, Cao, Wang and Cai 2020, "Training-time-friendly network for real-time object detection" (Gaussians
    that weigh a box loss); Lin et al. 2017, "Feature pyramid networks for object detection".
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from leukoscope.modeling.detection.center_loss import center_loss
from leukoscope.modeling.detection.network import Detector, Target

STRIDE = 4
_REACH_PX = 16.0
"""Unit of the predicted distances: about half a red cell at the pixel size of our recipe."""
_FIRST_SHARE = 0.01
"""Probability that a place starts with; most places hold no center (Lin et al. 2017, "Focal loss", section 4.1)."""


class Centers(Detector):
    """Maps at stride 4: one of centers per class, and four distances to the sides of the box.

    Args:
        classes: Number of classes.
        widths: Channels at strides 2, 4, 8, 16 and 32.
        blocks: Residual blocks at strides 4, 8, 16 and 32.
        neck: Channels where strides are joined.
        mean: Of the training pictures, per channel.
        spread: Of the training pictures, per channel.
    """

    def __init__(
        self,
        classes: int,
        widths: Sequence[int],
        blocks: Sequence[int],
        neck: int,
        mean: Sequence[float] = (0.0,) * 3,
        spread: Sequence[float] = (1.0,) * 3,
    ) -> None:
        super().__init__(mean, spread)
        self.stem = _convolution(3, widths[0], stride=2)
        self.stages = nn.ModuleList(
            _stage(before, after, count) for before, after, count in zip(widths[:-1], widths[1:], blocks, strict=True)
        )
        self.across = nn.ModuleList(nn.Conv2d(width, neck, 1) for width in widths[1:])
        self.joined = nn.ModuleList(_convolution(neck, neck) for _ in widths[2:])
        self.center_head = nn.Sequential(_convolution(neck, neck), nn.Conv2d(neck, classes, 1))
        self.side_head = nn.Sequential(_convolution(neck, neck), nn.Conv2d(neck, 4, 1))
        nn.init.constant_(self.center_head[-1].bias, -math.log(1 / _FIRST_SHARE - 1))  # type: ignore[arg-type]

    def maps(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of centers (n, classes, rows, columns) and distances to left, upper, right, lower side in pixels."""
        levels = []
        features = self.stem(self.scaled(pictures))
        for stage in self.stages:
            features = stage(features)
            levels.append(features)
        level = self.across[-1](levels[-1])
        for place in range(len(levels) - 2, -1, -1):
            finer = self.across[place](levels[place])
            level = self.joined[place](finer + nn.functional.interpolate(level, scale_factor=2.0, mode="nearest"))
        distances = nn.functional.softplus(self.side_head(level).float()) * _REACH_PX
        return self.center_head(level).float(), distances

    def loss(self, pictures: Tensor, targets: Sequence[Target]) -> Tensor:
        """Focal loss of the centers and weighted generalized IoU of the boxes."""
        logits, distances = self.maps(pictures)
        return center_loss(logits, boxes_of(distances), targets, STRIDE)

    def decode(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One box, score and class number per place of the grid."""
        logits, distances = self.maps(pictures)
        scores, labels = torch.sigmoid(logits).flatten(2).max(1)
        return boxes_of(distances).flatten(2).transpose(1, 2), scores, labels

    @property
    def decoding(self) -> str:
        """How outputs become boxes, for the card."""
        return (
            f"One candidate per place of a grid of {STRIDE} pixels: its most probable class, and a box by four "
            "distances from the middle of the place; suppression outside of the graph."
        )


def boxes_of(distances: Tensor) -> Tensor:
    """Boxes x0, y0, x1, y1 in pixels, shape (n, 4, rows, columns), of the distances to their sides."""
    rows, columns = distances.shape[-2:]
    down = (torch.arange(rows, device=distances.device, dtype=distances.dtype) + 0.5) * STRIDE
    right = (torch.arange(columns, device=distances.device, dtype=distances.dtype) + 0.5) * STRIDE
    x, y = right.view(1, 1, columns), down.view(1, rows, 1)
    left, top, past, below = distances.unbind(1)
    return torch.stack([x - left, y - top, x + past, y + below], dim=1)


class _Residual(nn.Module):
    """Two convolutions around which the input is led (He et al. 2016, "Deep residual learning")."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = _convolution(before, after, stride=stride)
        last = nn.BatchNorm2d(after)
        nn.init.zeros_(last.weight)  # the block starts as if it were not there
        self.second = nn.Sequential(nn.Conv2d(after, after, 3, padding=1, bias=False), last)
        self.around = (
            nn.Identity()
            if stride == 1 and before == after
            else nn.Sequential(nn.AvgPool2d(stride), nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after))
        )

    def forward(self, features: Tensor) -> Tensor:
        return torch.relu(self.second(self.first(features)) + self.around(features))


def _stage(before: int, after: int, count: int) -> nn.Sequential:
    return nn.Sequential(_Residual(before, after, 2), *(_Residual(after, after, 1) for _ in range(count - 1)))


def _convolution(before: int, after: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)
    )

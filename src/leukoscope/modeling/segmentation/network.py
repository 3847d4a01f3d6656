"""Our segmenter: a U-Net of half a million weights, whose first layer already halves the picture.

Half the resolution makes it four times faster; the last layer sees the full picture again, so that borders stay sharp.

References:
    Ronneberger, Fischer and Brox 2015, "U-Net: convolutional networks for biomedical image segmentation".
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

NUCLEUS, CELL = 0, 1
"""Places of the two maps; the cell includes its nucleus."""


class CellUNet(nn.Module):
    """Windows in [0, 1], shape (n, 3, side, side), to logits of nucleus and cell, shape (n, 2, side, side).

    Args:
        widths: Channels at strides 2, 4, 8 and 16.
        fine: Channels at full resolution.
        mean: Of the training windows, per channel.
        spread: Of the training windows, per channel.
    """

    mean: Tensor
    spread: Tensor

    def __init__(
        self,
        widths: Sequence[int],
        fine: int,
        mean: Sequence[float] = (0.0,) * 3,
        spread: Sequence[float] = (1.0,) * 3,
    ) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("spread", torch.tensor(spread).view(1, 3, 1, 1))
        before = (3, *widths[:-1])
        self.down = nn.ModuleList(
            nn.Sequential(_convolution(one, other, stride=2), _convolution(other, other))
            for one, other in zip(before, widths, strict=True)
        )
        coarse, finer = widths[:0:-1], widths[-2::-1]
        self.up = nn.ModuleList(_convolution(one + other, other) for one, other in zip(coarse, finer, strict=True))
        self.narrow = nn.Conv2d(widths[0], fine, 1)
        self.last = nn.Sequential(_convolution(fine + 3, fine), nn.Conv2d(fine, 2, 1))

    def forward(self, windows: Tensor) -> Tensor:
        """Logits of the two maps."""
        scaled = (windows - self.mean) / self.spread
        level, kept = scaled, []
        for stage in self.down:
            level = stage(level)
            kept.append(level)
        for stage, beside in zip(self.up, kept[-2::-1], strict=True):
            level = stage(torch.cat([_doubled(level), beside], dim=1))
        logits: Tensor = self.last(torch.cat([_doubled(self.narrow(level)), scaled], dim=1))
        return logits


def mask_loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Mean cross-entropy of the pixels, and one minus the soft Dice of each map.

    Args:
        logits: Shape (n, 2, side, side).
        masks: How much of each pixel is nucleus or cell, in [0, 1], the same shape.

    References:
        Milletari, Navab and Ahmadi 2016, "V-Net" (the Dice loss, section 3).
    """
    crossed = nn.functional.binary_cross_entropy_with_logits(logits, masks)
    soft = torch.sigmoid(logits)
    shared, both = (soft * masks).sum((2, 3)), (soft + masks).sum((2, 3))
    return crossed + (1 - (2 * shared + 1) / (both + 1)).mean()


def _doubled(level: Tensor) -> Tensor:
    return nn.functional.interpolate(level, scale_factor=2.0, mode="bilinear", align_corners=False)


def _convolution(before: int, after: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)
    )

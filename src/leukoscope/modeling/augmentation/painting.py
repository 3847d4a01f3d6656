"""Painting over parts of pictures, so that nothing burnt into a corner can give the class away."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

_BARS = ((0.05, 0.05, 0.05), (0.8, 0.1, 0.15))


def paint_corners(batch: Tensor, share: float, generator: Generator) -> Tensor:
    """Cover the lower right corner of some pictures, and the other corners of others, sometimes with a false bar.

    Args:
        batch: Shape (n, 3, height, width), in [0, 1]; changed in place.
        share: Share of pictures to paint.
        generator: Source of random numbers.
    """
    height, width = batch.shape[2:]
    for index in torch.nonzero(torch.rand(len(batch), generator=generator) < share).flatten().tolist():
        draw = torch.rand(8, generator=generator).tolist()
        tall, wide = round(height * (0.12 + 0.14 * draw[0])), round(width * (0.2 + 0.16 * draw[1]))
        bottom, right = (True, True) if draw[2] < 0.6 else (draw[3] < 0.5, draw[4] < 0.5)
        rows = slice(height - tall, height) if bottom else slice(0, tall)
        columns = slice(width - wide, width) if right else slice(0, wide)
        batch[index, :, rows, columns] = _paint(batch[index], draw[5], generator)
        if draw[6] < 0.4:
            _draw_bar(batch[index, :, rows, columns], _BARS[int(draw[7] < 0.5)], generator)
    return batch


def erase_edges(batch: Tensor, share: float, generator: Generator) -> Tensor:
    """Cover a small rectangle whose center lies in the outer third, in some pictures; changed in place."""
    height, width = batch.shape[2:]
    for index in torch.nonzero(torch.rand(len(batch), generator=generator) < share).flatten().tolist():
        draw = torch.rand(6, generator=generator).tolist()
        tall, wide = round(height * (0.08 + 0.17 * draw[0])), round(width * (0.08 + 0.17 * draw[1]))
        near, along = draw[2] / 3 - tall / (2 * height), draw[3]
        down, across = (near, along) if draw[4] < 0.5 else (along, near)
        top = min(max(round((down if draw[5] < 0.5 else 1 - down) * height), 0), height - tall)
        left = min(max(round((across if draw[5] < 0.5 else 1 - across) * width), 0), width - wide)
        batch[index, :, top : top + tall, left : left + wide] = torch.rand(3, 1, 1, generator=generator)
    return batch


def _paint(picture: Tensor, choice: float, generator: Generator) -> Tensor:
    if choice < 0.4:
        return picture.mean((1, 2), keepdim=True)
    if choice < 0.7:
        return torch.rand(1, 1, 1, generator=generator).expand(3, 1, 1)
    if choice < 0.85:
        return torch.ones(3, 1, 1)
    return torch.rand(3, 1, 1, generator=generator)


def _draw_bar(corner: Tensor, color: tuple[float, float, float], generator: Generator) -> None:
    """A white box with a line and a blotch of text, about as microscopes burn in."""
    _, tall, wide = corner.shape
    draw = torch.rand(3, generator=generator).tolist()
    top, left = int(tall * 0.6 * draw[0]), int(wide * 0.5 * draw[1])
    ink = torch.tensor(color).view(3, 1, 1)
    if draw[2] < 0.6:
        corner[:, top:, left:] = 1.0
    line = min(top + max(2, tall // 3), tall - 1)
    corner[:, line : line + 1, left : wide - 1] = ink
    text = (torch.rand(1, max(1, line - top - 1), wide - left, generator=generator) < 0.4).float()
    patch = corner[:, top : top + text.shape[1], left:]
    patch.copy_(patch * (1 - text) + ink * text)

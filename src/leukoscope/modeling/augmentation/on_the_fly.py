"""Changes batches by preset: while training, and one picture at a time for `data augment`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor
from torchvision.transforms.v2 import functional as transforms  # type: ignore[import-untyped]  # ships no types

from leukoscope.domain.images import Pixels
from leukoscope.modeling.augmentation.coloring import color
from leukoscope.modeling.augmentation.geometry import draw_geometry, resample
from leukoscope.modeling.augmentation.own_way import change_our_way
from leukoscope.modeling.augmentation.presets import Preset, find_preset
from leukoscope.modeling.augmentation.recipe import OWN_WAY, Augmentation
from leukoscope.modeling.augmentation.steps import Affine, Coloring, Flip, KerasAffine, OwnWay, QuarterTurn

_BATCH = 128


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """A changed batch, and where its pixels come from.

    Attributes:
        pictures: In [0, 1], shape (n, 3, height, width).
        matrices: From the result to the picture as `geometry` has them, shape (n, 3, 3).
    """

    pictures: Tensor
    matrices: Tensor


def augment(pictures: Tensor, how: Augmentation, side: int, generator: Generator) -> Tensor:
    """Change a batch as the recipe says.

    Args:
        pictures: uint8, shape (n, 3, height, width).
        how: What to change and how much.
        side: Height and width of the result, in pixels.
        generator: Source of every random number.

    Returns:
        Float pictures in [0, 1], shape (n, 3, side, side).
    """
    if how.preset == OWN_WAY:
        return change_our_way(pictures.float() / 255, how, side, side, generator)[0]
    return change(pictures, find_preset(how.preset), generator, size=(side, side)).pictures


def augment_images(images: Pixels, how: Augmentation, side: int, seed: int) -> Pixels:
    """Changed copies of many pictures, uint8, shape (n, side, side, 3); the same seed gives the same copies."""
    generator = Generator().manual_seed(seed)
    changed = np.empty((len(images), side, side, 3), dtype=np.uint8)
    for start in range(0, len(images), _BATCH):
        batch = torch.from_numpy(images[start : start + _BATCH]).permute(0, 3, 1, 2)
        copies = (augment(batch, how, side, generator) * 255).round().to(torch.uint8)
        changed[start : start + _BATCH] = copies.permute(0, 2, 3, 1).numpy()
    return changed


def change(pictures: Tensor, preset: Preset, generator: Generator, *, size: tuple[int, int] | None = None) -> Changed:
    """Change a batch by a preset.

    Args:
        pictures: uint8, shape (n, 3, height, width).
        preset: What to do; its normalization, if any, is not done here (`imaging.stain` does it).
        generator: Source of every random number.
        size: Height and width of the result in pixels; by default those of the preset, or of the pictures.

    Returns:
        The changed pictures, and the matrices with which boxes and masks follow (`targets`).
    """
    height, width = size or ((preset.side_px,) * 2 if preset.side_px else tuple(pictures.shape[-2:]))
    batch = pictures.float() / 255
    total = torch.eye(3).repeat(len(batch), 1, 1)
    if not any(isinstance(step, OwnWay) for step in preset.steps):  # our own way resamples once, at its own place
        batch = _resized(batch, height, width)
    pending: Tensor | None = None
    for step in preset.steps:
        if isinstance(step, Flip | QuarterTurn | Affine | KerasAffine):
            drawn = draw_geometry(step, len(batch), height, width, generator)
            pending = drawn if pending is None else pending @ drawn
            total = total @ drawn
        elif isinstance(step, Coloring):
            batch, pending = _moved(batch, pending, preset), None
            batch = color(batch, step, generator)
        elif isinstance(step, OwnWay):
            batch, total = change_our_way(batch, step.how, height, width, generator)
    return Changed(_moved(batch, pending, preset).clamp(0, 1), total)


def prepare(pictures: Tensor, preset: Preset) -> Tensor:
    """What a preset does to every part: pictures at its size, nothing random; uint8 as given."""
    height, width = (preset.side_px,) * 2 if preset.side_px else tuple(pictures.shape[-2:])
    return (_resized(pictures.float() / 255, height, width) * 255).round().to(torch.uint8)


def _resized(batch: Tensor, height: int, width: int) -> Tensor:
    if tuple(batch.shape[-2:]) == (height, width):
        return batch
    resized: Tensor = transforms.resize(batch, [height, width], antialias=True)
    return resized.clamp(0, 1)


def _moved(batch: Tensor, matrices: Tensor | None, preset: Preset) -> Tensor:
    height, width = batch.shape[-2:]
    return batch if matrices is None else resample(batch, matrices, height, width, preset.fill)

"""The ONE augmentation: whole batches on tensors, because a picture at a time would cost more than the network.

Order: corner painting (as burnt into the file), geometry, stain (optical density), camera (color matrix), optics (blur,
noise, JPEG), erasing.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Generator, Tensor
from torchvision.transforms.v2 import functional as transforms  # type: ignore[import-untyped]  # ships no types

from leukoscope.domain.images import Pixels
from leukoscope.modeling.painting import erase_edges, paint_corners
from leukoscope.modeling.recipes import Augmentation

_LUMA = (0.299, 0.587, 0.114)
_BATCH = 128


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
    batch = pictures.float() / 255
    batch = paint_corners(batch, how.paint_corner, generator)
    batch = move(batch, how, side, generator)
    batch = stain(batch, how, generator)
    batch = camera(batch, how, generator)
    batch = optics(batch, how, generator)
    return erase_edges(batch, how.erase, generator).clamp(0, 1)


def augment_images(images: Pixels, how: Augmentation, side: int, seed: int) -> Pixels:
    """Changed copies of many pictures, uint8, shape (n, side, side, 3); the same seed gives the same copies."""
    generator = Generator().manual_seed(seed)
    changed = np.empty((len(images), side, side, 3), dtype=np.uint8)
    for start in range(0, len(images), _BATCH):
        batch = torch.from_numpy(images[start : start + _BATCH]).permute(0, 3, 1, 2)
        copies = (augment(batch, how, side, generator) * 255).round().to(torch.uint8)
        changed[start : start + _BATCH] = copies.permute(0, 2, 3, 1).numpy()
    return changed


def move(batch: Tensor, how: Augmentation, side: int, generator: Generator) -> Tensor:
    """Turn, mirror, magnify, shift and resample to `side`; what comes from outside is mirrored at the edge."""
    n = len(batch)
    angle = _uniform(n, -how.rotation_degrees, how.rotation_degrees, generator) * math.pi / 180
    zoom = torch.exp(_uniform(n, math.log(how.scale[0]), math.log(how.scale[1]), generator))
    mirror = torch.where(_uniform(n, 0, 1, generator) < 0.5, -1.0, 1.0) if how.flip else torch.ones(n)
    cosine, sine = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    matrix = torch.zeros(n, 2, 3)
    matrix[:, 0, 0], matrix[:, 0, 1] = cosine * mirror, -sine
    matrix[:, 1, 0], matrix[:, 1, 1] = sine * mirror, cosine
    matrix[:, :, 2] = _uniform(2 * n, -how.shift, how.shift, generator).view(n, 2) * 2
    grid = torch.nn.functional.affine_grid(matrix, [n, 3, side, side], align_corners=False)
    return torch.nn.functional.grid_sample(batch, grid, padding_mode="reflection", align_corners=False)


def stain(batch: Tensor, how: Augmentation, generator: Generator) -> Tensor:
    """Change the optical density of each channel and mix the channels a little, as another stain would.

    References:
        Tellez et al. 2019, "Quantifying the effects of data augmentation and stain color normalization", section 3.2;
        there in a hematoxylin-eosin-DAB basis, here in RGB, since Romanowsky stains have no such basis.
    """
    n = len(batch)
    overall = torch.randn(n, 1, generator=generator) * how.stain_strength
    channel = torch.randn(n, 3, generator=generator) * how.stain_strength * 0.6
    mixing = torch.diag_embed(torch.exp(overall + channel))
    mixing = mixing + torch.randn(n, 3, 3, generator=generator) * how.stain_mixing
    density = -torch.log(batch.clamp_min(1 / 255))
    return torch.exp(-_recolor(density, mixing).clamp_min(0))


def camera(batch: Tensor, how: Augmentation, generator: Generator) -> Tensor:
    """Turn the hue, scale saturation and contrast, shift brightness: one color matrix per picture."""
    n = len(batch)
    angle = _uniform(n, -how.hue_degrees, how.hue_degrees, generator) * math.pi / 180
    saturation = _uniform(n, *how.saturation, generator)
    contrast = _uniform(n, *how.contrast, generator)
    offset = _uniform(n, -how.brightness, how.brightness, generator)
    matrix = color_matrix(angle, saturation) * contrast.view(n, 1, 1)
    middle = batch.mean((1, 2, 3)) * (1 - contrast) + offset
    return _recolor(batch, matrix) + middle.view(n, 1, 1, 1)


def optics(batch: Tensor, how: Augmentation, generator: Generator) -> Tensor:
    """Blur some quarters of the batch, add noise to and compress some pictures."""
    parts = []
    size = 2 * int(2 * how.blur_sigma_px) + 1
    for part in batch.clamp(0, 1).chunk(4):
        sigma = float(_uniform(1, 0.2, max(how.blur_sigma_px, 0.21), generator))
        blurred = float(_uniform(1, 0, 1, generator)) < how.blur
        parts.append(transforms.gaussian_blur(part, [size, size], [sigma, sigma]) if blurred else part)
    batch = torch.cat(parts)
    n = len(batch)
    noisy = torch.nonzero(_uniform(n, 0, 1, generator) < how.noise).flatten()
    if len(noisy):
        strength = _uniform(len(noisy), 0, how.noise_strength, generator).view(-1, 1, 1, 1)
        batch[noisy] += torch.randn(batch[noisy].shape, generator=generator) * strength
    for index in torch.nonzero(_uniform(n, 0, 1, generator) < how.jpeg).flatten().tolist():
        quality = int(_uniform(1, how.jpeg_quality[0], how.jpeg_quality[1], generator))
        coded = transforms.jpeg((batch[index].clamp(0, 1) * 255).round().to(torch.uint8), quality)
        batch[index] = coded.float() / 255
    return batch


def color_matrix(angle: Tensor, saturation: Tensor) -> Tensor:
    """Matrix that turns colors around the gray axis and scales their distance from it.

    Args:
        angle: Turn of the hue in radians, shape (n,).
        saturation: Factor, shape (n,).

    Returns:
        Shape (n, 3, 3); gray stays gray.
    """
    n = len(angle)
    cosine, sine = torch.cos(angle).view(n, 1, 1), torch.sin(angle).view(n, 1, 1) / math.sqrt(3)
    cross = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
    turn = torch.eye(3) * cosine + (1 - cosine) / 3 + cross * sine
    gray = torch.tensor(_LUMA).expand(3, 3)
    factor = saturation.view(n, 1, 1)
    return (torch.eye(3) * factor + gray * (1 - factor)) @ turn


def _recolor(batch: Tensor, matrix: Tensor) -> Tensor:
    n, _, height, width = batch.shape
    return torch.bmm(matrix, batch.reshape(n, 3, -1)).view(n, 3, height, width)


def _uniform(n: int, low: float, high: float, generator: Generator) -> Tensor:
    return torch.rand(n, generator=generator) * (high - low) + low

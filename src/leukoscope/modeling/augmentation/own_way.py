"""Our own way to change a batch, by the keys of a recipe: what the shipped bundles were trained with.

Order: corner painting (as burnt into the file), geometry, stain (optical density), camera (color matrix), optics (blur,
noise, JPEG), erasing. Whole batches on tensors, because a picture at a time would cost more than the network.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torchvision.transforms.v2 import functional as transforms  # type: ignore[import-untyped]  # ships no types

from leukoscope.modeling.augmentation.coloring import change_density, recolor
from leukoscope.modeling.augmentation.geometry import resample, uniform
from leukoscope.modeling.augmentation.painting import erase_edges, paint_corners
from leukoscope.modeling.augmentation.recipe import Augmentation

_LUMA = (0.299, 0.587, 0.114)


def change_our_way(
    batch: Tensor, how: Augmentation, height: int, width: int, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Change a batch as the recipe says.

    Args:
        batch: Float pictures in [0, 1], shape (n, 3, any height, any width); corners are painted in place.
        how: What to change and how much.
        height: Of the result, in pixels.
        width: Of the result, in pixels.
        generator: Source of every random number.

    Returns:
        Pictures in [0, 1], shape (n, 3, height, width), and the matrices from them to the pictures, (n, 3, 3).
    """
    batch = paint_corners(batch, how.paint_corner, generator)
    matrices = draw_moves(len(batch), how, generator, aspect=width / height)
    batch = resample(batch, matrices, height, width, "mirror")
    batch = stain(batch, how, generator)
    batch = camera(batch, how, generator)
    batch = optics(batch, how, generator)
    return erase_edges(batch, how.erase, generator).clamp(0, 1), matrices


def draw_moves(n: int, how: Augmentation, generator: Generator, *, aspect: float = 1.0) -> Tensor:
    """Turns, mirrorings, magnifications and shifts of `n` pictures.

    Args:
        n: Number of pictures.
        how: How far.
        generator: Source of random numbers.
        aspect: Width by height.

    Returns:
        Matrices from the result to the picture, shape (n, 3, 3).
    """
    angle = uniform(n, -how.rotation_degrees, how.rotation_degrees, generator) * math.pi / 180
    zoom = torch.exp(uniform(n, math.log(how.scale[0]), math.log(how.scale[1]), generator))
    mirror = torch.where(uniform(n, 0, 1, generator) < 0.5, -1.0, 1.0) if how.flip else torch.ones(n)
    cosine, sine = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    matrix = torch.zeros(n, 3, 3)
    matrix[:, 0, 0], matrix[:, 0, 1] = cosine * mirror, -sine / aspect
    matrix[:, 1, 0], matrix[:, 1, 1] = sine * mirror * aspect, cosine
    matrix[:, :2, 2] = uniform(2 * n, -how.shift, how.shift, generator).view(n, 2) * 2
    matrix[:, 2, 2] = 1
    return matrix


def stain(batch: Tensor, how: Augmentation, generator: Generator) -> Tensor:
    """Another staining of the same cells; see `change_density`."""
    return change_density(batch, how.stain_strength, how.stain_mixing, generator)


def camera(batch: Tensor, how: Augmentation, generator: Generator) -> Tensor:
    """Turn the hue, scale saturation and contrast, shift brightness: one color matrix per picture."""
    n = len(batch)
    angle = uniform(n, -how.hue_degrees, how.hue_degrees, generator) * math.pi / 180
    saturation = uniform(n, *how.saturation, generator)
    contrast = uniform(n, *how.contrast, generator)
    offset = uniform(n, -how.brightness, how.brightness, generator)
    matrix = color_matrix(angle, saturation) * contrast.view(n, 1, 1)
    middle = batch.mean((1, 2, 3)) * (1 - contrast) + offset
    return recolor(batch, matrix) + middle.view(n, 1, 1, 1)


def optics(batch: Tensor, how: Augmentation, generator: Generator) -> Tensor:
    """Blur some quarters of the batch, add noise to and compress some pictures."""
    parts = []
    size = 2 * int(2 * how.blur_sigma_px) + 1
    for part in batch.clamp(0, 1).chunk(4):
        sigma = float(uniform(1, 0.2, max(how.blur_sigma_px, 0.21), generator))
        blurred = float(uniform(1, 0, 1, generator)) < how.blur
        parts.append(transforms.gaussian_blur(part, [size, size], [sigma, sigma]) if blurred else part)
    batch = torch.cat(parts)
    n = len(batch)
    noisy = torch.nonzero(uniform(n, 0, 1, generator) < how.noise).flatten()
    if len(noisy):
        strength = uniform(len(noisy), 0, how.noise_strength, generator).view(-1, 1, 1, 1)
        batch[noisy] += torch.randn(batch[noisy].shape, generator=generator) * strength
    for index in torch.nonzero(uniform(n, 0, 1, generator) < how.jpeg).flatten().tolist():
        quality = int(uniform(1, how.jpeg_quality[0], how.jpeg_quality[1], generator))
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

"""How do colors, sharpness and noise change?  Steps on float batches in [0, 1]; no pixel moves."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torchvision.transforms.v2 import functional as transforms  # type: ignore[import-untyped]  # ships no types

from leukoscope.imaging.stain import RGB_OF_HED
from leukoscope.modeling.augmentation.geometry import uniform
from leukoscope.modeling.augmentation.steps import (
    Blur,
    Brightness,
    Coloring,
    Contrast,
    Density,
    HedDensity,
    Multiply,
    Noise,
)

_DARKEST = 1 / 255
_INVISIBLE_PX = 0.1
"""A Gaussian this narrow gives the neighboring pixel less than a rounding error of 8 bits."""


def color(batch: Tensor, step: Coloring, generator: Generator) -> Tensor:
    """Draw a step for each picture and apply it.

    Args:
        batch: Shape (n, 3, height, width), in [0, 1].
        step: What to do.
        generator: Source of every random number.

    Returns:
        Same shape, in [0, 1].
    """
    match step:
        case Brightness():
            changed = batch * uniform(len(batch), *step.factor, generator).view(-1, 1, 1, 1)
        case Multiply():
            changed = batch * _factors(len(batch), step, generator)
        case Contrast():
            changed = _stretch(batch, step, generator)
        case Blur():
            changed = _blur(batch, step, generator)
        case Noise():
            changed = batch + _noise(batch, step, generator)
        case Density():
            changed = change_density(batch, step.strength, step.mixing, generator)
        case HedDensity():
            changed = change_hed(batch, step, generator)
    return changed.clamp(0, 1)


def change_density(batch: Tensor, strength: float, mixing: float, generator: Generator) -> Tensor:
    """Change the optical density of each channel and mix the channels a little, as another stain would.

    Args:
        batch: Shape (n, 3, height, width), in [0, 1].
        strength: Standard deviation of the log of the density's factor.
        mixing: Standard deviation of what of one channel's density spills into another.
        generator: Source of random numbers.

    References:
        Tellez et al. 2019, "Quantifying the effects of data augmentation and stain color normalization", section 3.2;
        there in a hematoxylin-eosin-DAB basis, here in RGB, since Romanowsky stains have no such basis.
    """
    n = len(batch)
    overall = torch.randn(n, 1, generator=generator) * strength
    channel = torch.randn(n, 3, generator=generator) * strength * 0.6
    spread = torch.diag_embed(torch.exp(overall + channel))
    spread = spread + torch.randn(n, 3, 3, generator=generator) * mixing
    density = -torch.log(batch.clamp_min(_DARKEST))
    return torch.exp(-recolor(density, spread).clamp_min(0))


def change_hed(batch: Tensor, step: HedDensity, generator: Generator) -> Tensor:
    """Change the concentrations of hematoxylin, eosin and DAB as if the picture were stained with them.

    References:
        Tellez et al. 2018, "Whole-slide mitosis detection in H&E breast histology using PHH3 as a reference to train
        distilled stain-invariant convolutional networks", section III.C.
    """
    n = len(batch)
    colors = torch.tensor(RGB_OF_HED, dtype=torch.float32).T.expand(n, 3, 3)
    density = -torch.log(batch.clamp_min(_DARKEST))
    concentrations = recolor(density, torch.linalg.inv(colors).contiguous())
    factor = 1 + uniform(3 * n, -step.factor, step.factor, generator).view(n, 3, 1, 1)
    offset = uniform(3 * n, -step.offset, step.offset, generator).view(n, 3, 1, 1)
    return torch.exp(-recolor(concentrations * factor + offset, colors).clamp_min(0))


def recolor(batch: Tensor, matrix: Tensor) -> Tensor:
    """Each pixel's three channels times its picture's matrix, shape (n, 3, 3)."""
    n, _, height, width = batch.shape
    return torch.bmm(matrix, batch.reshape(n, 3, -1)).view(n, 3, height, width)


def _factors(n: int, step: Multiply, generator: Generator) -> Tensor:
    own = uniform(n, 0, 1, generator) < step.per_channel
    factors = uniform(3 * n, *step.factor, generator).view(n, 3)
    return torch.where(own[:, None], factors, factors[:, :1]).view(n, 3, 1, 1)


def _stretch(batch: Tensor, step: Contrast, generator: Generator) -> Tensor:
    factor = uniform(len(batch), *step.factor, generator).view(-1, 1, 1, 1)
    middle = batch.mean((2, 3), keepdim=True) if step.around == "mean" else 0.5
    return (batch - middle) * factor + middle


def _blur(batch: Tensor, step: Blur, generator: Generator) -> Tensor:
    chosen = uniform(len(batch), 0, 1, generator) < step.share
    sigmas = uniform(len(batch), *step.sigma_px, generator).tolist()
    blurred = batch.clone()
    for index in torch.nonzero(chosen).flatten().tolist():
        sigma = sigmas[index]
        if sigma >= _INVISIBLE_PX:
            blurred[index] = _gaussian(batch[index], sigma)
    return blurred


def _gaussian(picture: Tensor, sigma: float) -> Tensor:
    """In two passes: the two-dimensional kernel costs five times as much."""
    reach = min(math.ceil(3 * sigma), (min(picture.shape[-2:]) - 1))
    size = 2 * reach + 1
    across: Tensor = transforms.gaussian_blur(picture, [size, 1], [sigma, sigma])
    down: Tensor = transforms.gaussian_blur(across, [1, size], [sigma, sigma])
    return down


def _noise(batch: Tensor, step: Noise, generator: Generator) -> Tensor:
    n, _, height, width = batch.shape
    strength = uniform(n, 0, step.strength, generator).view(n, 1, 1, 1)
    own = uniform(n, 0, 1, generator) < step.per_channel
    noise = torch.randn(n, 3, height, width, generator=generator)
    return torch.where(own.view(n, 1, 1, 1), noise, noise[:, :1]) * strength

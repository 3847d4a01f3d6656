"""Where does each pixel come from?  Matrices from the result back to the picture, and one resampling for all of them.

Coordinates are those of `torch.nn.functional.affine_grid`: -1 and 1 are the outer edges of the picture, y points down.
torchvision's own `affine` fills with one color only; the sources also fill with the nearest pixel or mirror.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from leukoscope.modeling.augmentation.steps import Affine, Fill, Flip, Geometry, KerasAffine, QuarterTurn

_PADDING = {"black": "zeros", "nearest": "border", "mirror": "reflection"}


def draw_geometry(step: Geometry, n: int, height: int, width: int, generator: Generator) -> Tensor:
    """Draw a step for `n` pictures.

    Args:
        step: What to draw.
        n: Number of pictures.
        height: Of the pictures, in pixels; a turn of a picture that is not square needs to know.
        width: Of the pictures, in pixels.
        generator: Source of every random number.

    Returns:
        Matrices from the result to the picture, shape (n, 3, 3).
    """
    if isinstance(step, Flip):
        sides = torch.tensor([step.horizontal, step.vertical])
        return _scaling(torch.where(torch.rand(n, 2, generator=generator) < sides, -1.0, 1.0))
    if isinstance(step, QuarterTurn):
        quarters = torch.randint(0, 4, (n,), generator=generator)
        return _quarter_turns(quarters, height, width)
    if isinstance(step, Affine):
        return _draw_affine(step, n, height, width, generator)
    return _draw_keras(step, n, height, width, generator)


def resample(batch: Tensor, matrices: Tensor, height: int, width: int, fill: Fill, mode: str = "bilinear") -> Tensor:
    """Pictures as their matrices say.

    Args:
        batch: Shape (n, channels, any height, any width), float.
        matrices: From the result to the picture, shape (n, 3, 3).
        height: Of the result, in pixels.
        width: Of the result, in pixels.
        fill: What comes in from outside.
        mode: `bilinear` for pictures, `nearest` for masks, whose values must not be mixed.
    """
    grid = torch.nn.functional.affine_grid(matrices[:, :2], [len(batch), 1, height, width], align_corners=False)
    moved: Tensor = torch.nn.functional.grid_sample(batch, grid, mode, padding_mode=_PADDING[fill], align_corners=False)
    return moved


def uniform(n: int, low: float, high: float, generator: Generator) -> Tensor:
    """`n` numbers between two."""
    return torch.rand(n, generator=generator) * (high - low) + low


def in_pixels(matrices: Tensor, before: tuple[int, int], after: tuple[int, int]) -> Tensor:
    """The same moves as matrices from pixels of the picture to pixels of the result.

    Args:
        matrices: From the result to the picture, shape (n, 3, 3).
        before: Height and width of the pictures.
        after: Height and width of the results.

    Returns:
        float64, shape (n, 3, 3); they turn (x, y, 1) of the picture into (x, y, 1) of the result.
    """
    to_pixels, from_pixels = _pixels_of_edges(*after), torch.linalg.inv(_pixels_of_edges(*before))
    forward: Tensor = to_pixels @ torch.linalg.inv(matrices.double()) @ from_pixels
    return forward


def _pixels_of_edges(height: int, width: int) -> Tensor:
    half = torch.tensor([width / 2, height / 2], dtype=torch.float64)
    matrix = torch.diag(torch.cat([half, torch.ones(1, dtype=torch.float64)]))
    matrix[:2, 2] = half
    return matrix


def _draw_affine(step: Affine, n: int, height: int, width: int, generator: Generator) -> Tensor:
    turn = _turning(_radians(n, step.rotation_degrees, generator))
    scale = uniform(2 * n, *step.scale, generator).view(n, 2)
    if not step.scale_each_way:
        scale = scale[:, :1].expand(n, 2)
    shear = _radians(n, step.shear_degrees, generator)
    shift = uniform(2 * n, -step.shift, step.shift, generator).view(n, 2)
    forward = _shifting(shift, height, width) @ turn @ _shearing(shear) @ _scaling(scale)
    return _between_edges(torch.linalg.inv(forward), height, width)


def _draw_keras(step: KerasAffine, n: int, height: int, width: int, generator: Generator) -> Tensor:
    turn = _turning(_radians(n, step.rotation_degrees, generator))
    shift = uniform(2 * n, -step.shift, step.shift, generator).view(n, 2)
    shear = _radians(n, step.shear_degrees, generator)
    zoom = uniform(2 * n, *step.zoom, generator).view(n, 2)
    if not step.zoom_each_way:
        zoom = zoom[:, :1].expand(n, 2)
    backward = turn @ _shifting(shift, height, width) @ _shearing(shear) @ _scaling(zoom)
    return _between_edges(backward, height, width)


def _between_edges(centered_pixels: Tensor, height: int, width: int) -> Tensor:
    """From pixels around the center to parts of the half sides."""
    half = torch.tensor([width / 2, height / 2, 1.0])
    return centered_pixels * half.view(1, 1, 3) / half.view(1, 3, 1)


def _radians(n: int, largest_degrees: float, generator: Generator) -> Tensor:
    return uniform(n, -largest_degrees, largest_degrees, generator) * math.pi / 180


def _eyes(n: int) -> Tensor:
    return torch.eye(3).repeat(n, 1, 1)


def _turning(angle: Tensor) -> Tensor:
    matrix = _eyes(len(angle))
    matrix[:, 0, 0], matrix[:, 0, 1] = torch.cos(angle), -torch.sin(angle)
    matrix[:, 1, 0], matrix[:, 1, 1] = torch.sin(angle), torch.cos(angle)
    return matrix


def _shearing(angle: Tensor) -> Tensor:
    """As Keras and scikit-image have it: the vertical axis leans by the angle and keeps its length."""
    matrix = _eyes(len(angle))
    matrix[:, 0, 1], matrix[:, 1, 1] = -torch.sin(angle), torch.cos(angle)
    return matrix


def _scaling(factors: Tensor) -> Tensor:
    return torch.diag_embed(torch.cat([factors, torch.ones(len(factors), 1)], dim=1))


def _shifting(shares: Tensor, height: int, width: int) -> Tensor:
    matrix = _eyes(len(shares))
    matrix[:, :2, 2] = shares * torch.tensor([float(width), float(height)])
    return matrix


def _quarter_turns(quarters: Tensor, height: int, width: int) -> Tensor:
    """Exact turns; a picture that is not square is turned by 0 or 180 degrees only, or its corners would be lost."""
    if height != width:
        quarters = quarters // 2 * 2
    cosine, sine = torch.tensor([1.0, 0.0, -1.0, 0.0])[quarters], torch.tensor([0.0, 1.0, 0.0, -1.0])[quarters]
    matrix = _eyes(len(quarters))
    matrix[:, 0, 0], matrix[:, 0, 1], matrix[:, 1, 0], matrix[:, 1, 1] = cosine, -sine, sine, cosine
    return matrix

"""How are colors brought to those of the training set inside a network?  Reinhard's way, so that ONNX holds it too."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from leukoscope.domain.images import Pixels
from leukoscope.errors import UnsupportedImageError
from leukoscope.imaging.stain import FRAME, LMS_TO_LAB, RGB_TO_LMS, ColorStatistics, color_statistics

_DARKEST = 1 / 255
_LEAST_SPREAD = 1e-6
NEUTRAL = ColorStatistics((0.0,) * 3, (1.0,) * 3)
"""Stands in where a checkpoint is about to bring its own."""


class ReinhardNormalization(nn.Module):
    """Brings mean and spread of each axis of l-alpha-beta of each picture to those of a reference.

    The same as `imaging.stain.normalize_reinhard`, on batches of pictures in [0, 1]; black frames stay black. Both
    depend on what a picture shows, so a field with many nuclei is made paler than one with few.

    Args:
        reference: What to reach.

    References:
        Reinhard, Ashikhmin, Gooch, Shirley 2001, "Color transfer between images", equations 4 to 10.
    """

    reference_mean: Tensor
    reference_spread: Tensor
    to_cones: Tensor
    to_axes: Tensor
    from_axes: Tensor
    from_cones: Tensor

    def __init__(self, reference: ColorStatistics) -> None:
        super().__init__()
        self.register_buffer("reference_mean", torch.tensor(reference.mean).view(1, 3, 1, 1))
        self.register_buffer("reference_spread", torch.tensor(reference.spread).view(1, 3, 1, 1))
        matrices = {
            "to_cones": RGB_TO_LMS,
            "to_axes": LMS_TO_LAB,
            "from_axes": np.linalg.inv(LMS_TO_LAB),
            "from_cones": np.linalg.inv(RGB_TO_LMS),
        }
        for name, matrix in matrices.items():
            self.register_buffer(name, torch.tensor(matrix, dtype=torch.float32), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Normalized pictures, shape (n, 3, height, width), in [0, 1]."""
        seen = (pictures.amax(1, keepdim=True) > FRAME / 255).to(pictures.dtype)
        count = seen.sum((2, 3), keepdim=True).clamp(min=1)
        axes = _mixed(torch.log(_mixed(pictures.clamp(min=_DARKEST), self.to_cones)), self.to_axes)
        mean = (axes * seen).sum((2, 3), keepdim=True) / count
        centered = axes - mean
        spread = ((centered**2 * seen).sum((2, 3), keepdim=True) / count).sqrt().clamp(min=_LEAST_SPREAD)
        moved = centered * (self.reference_spread / spread) + self.reference_mean
        colors = _mixed(torch.exp(_mixed(moved, self.from_axes)), self.from_cones).clamp(0, 1)
        return seen * colors + (1 - seen) * pictures


def reference_of(images: Pixels) -> ColorStatistics:
    """The mean over pictures of their color statistics; pictures that are all black are left out.

    Args:
        images: uint8, shape (n, height, width, 3).

    Raises:
        UnsupportedImageError: All pictures are black.
    """
    found = []
    for image in images:
        try:
            found.append(color_statistics(image))
        except UnsupportedImageError:
            continue
    if not found:
        raise UnsupportedImageError("All pictures are black.", hint="Look at the training pictures.")
    mean, spread = (np.mean([getattr(one, name) for one in found], axis=0) for name in ("mean", "spread"))
    return ColorStatistics((*map(float, mean),), (*map(float, spread),))  # type: ignore[arg-type]  # three of them


def _mixed(planes: Tensor, matrix: Tensor) -> Tensor:
    # Not a matrix product: mixed precision would round it to 16 bits, and the logarithm needs more.
    return torch.stack(
        [
            sum((matrix[row, column] * planes[:, column] for column in range(3)), start=matrix.new_zeros(()))
            for row in range(3)
        ],
        dim=1,
    )

"""What every detector of ours can do: learn from marked pictures, and say where what lies."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """What lies in a picture of a batch: boxes (k, 4) in its pixels, float; class numbers (k,)."""

    boxes: Tensor
    labels: Tensor


class Detector(nn.Module):
    """Pictures in [0, 1], shape (n, 3, height, width); their scaling is part of the network."""

    mean: Tensor
    spread: Tensor

    def __init__(self, mean: Sequence[float] = (0.0,) * 3, spread: Sequence[float] = (1.0,) * 3) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("spread", torch.tensor(spread).view(1, 3, 1, 1))

    def scaled(self, pictures: Tensor) -> Tensor:
        """Pictures on the network's own scale."""
        return (pictures - self.mean) / self.spread

    @abstractmethod
    def loss(self, pictures: Tensor, targets: Sequence[Target]) -> Tensor:
        """The loss of a batch, one number."""

    @abstractmethod
    def decode(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes (n, k, 4) in pixels, scores (n, k) in [0, 1] and class numbers (n, k), before suppression."""

    @property
    @abstractmethod
    def decoding(self) -> str:
        """How outputs become boxes, for the card."""

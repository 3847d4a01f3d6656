"""What every network of ours can do: name, describe, and say where in the picture its answer comes from."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from leukoscope.imaging.stain import ColorStatistics
from leukoscope.modeling.networks.color_normalization import ReinhardNormalization


@dataclass(frozen=True, slots=True)
class Coloring:
    """How pictures in [0, 1] are brought to the scale of a network: minus `mean`, over `spread`, per channel.

    With a `reference` the colors of each picture are brought to it first.
    """

    mean: tuple[float, ...] = (0.5,) * 3
    spread: tuple[float, ...] = (0.25,) * 3
    reference: ColorStatistics | None = None


UNIT = Coloring((0.0,) * 3, (1.0,) * 3)
"""Pictures stay in [0, 1], as in the source systems."""


class Network(nn.Module):
    """Pictures in [0, 1] to logits; the scaling is part of the network, so that no user can forget it."""

    mean: Tensor
    spread: Tensor

    def __init__(self, coloring: Coloring) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(coloring.mean).view(1, 3, 1, 1))
        self.register_buffer("spread", torch.tensor(coloring.spread).view(1, 3, 1, 1))
        self.colors = None if coloring.reference is None else ReinhardNormalization(coloring.reference)

    def scaled(self, pictures: Tensor) -> Tensor:
        """Pictures (n, 3, height, width) on the network's own scale."""
        if self.colors is not None:
            pictures = self.colors(pictures)
        return (pictures - self.mean).div_(self.spread)  # in place: a second copy of the batch costs more than the sum

    @abstractmethod
    def forward(self, pictures: Tensor) -> Tensor:
        """Logits, shape (n, classes), of pictures (n, 3, height, width) in [0, 1]."""

    @abstractmethod
    def explain(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (n, classes), features (n, d) and activation maps (n, classes, rows, columns).

        The mean of a class's map is its logit, whatever the network.
        """

    @abstractmethod
    def depths(self) -> dict[str, int]:
        """How deep each parameter lies, by name: 0 at the picture, the largest number is the head."""

    @property
    def embedding(self) -> str:
        """What the features are, for the card."""
        return "pooled features of the last layer"


def count_parameters(network: nn.Module) -> int:
    """Number of weights that training can change."""
    return sum(one.numel() for one in network.parameters())

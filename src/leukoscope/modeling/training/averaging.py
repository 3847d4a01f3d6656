"""The running average of the weights, which is what a run keeps: how it moves, and how it is read again."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from leukoscope.modeling.recipes import TrainingPart

_Network = TypeVar("_Network", bound=nn.Module)
_PREFIX = "average.module."
"""What the names of averaged weights begin with in a checkpoint: the loop keeps them as `average`."""


def averaged(network: nn.Module, decay: float, *, warmup: bool) -> AveragedModel:
    """The average of a network's weights and statistics, which learns nothing itself.

    Args:
        network: What learns.
        decay: Share of the average that stays in each step.
        warmup: Whether it follows faster at the start, when it would still be made of random weights.
    """
    average = AveragedModel(network, multi_avg_fn=partial(_move, decay=decay, warmup=warmup), use_buffers=True)
    average.requires_grad_(False)
    return average


def load_average(network: _Network, checkpoint: Path) -> _Network:
    """Give a network the averaged weights of a checkpoint, ready to answer."""
    state: dict[str, Tensor] = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    network.load_state_dict({k.removeprefix(_PREFIX): v for k, v in state.items() if k.startswith(_PREFIX)})
    return network.eval()


def first_weights_share(part: TrainingPart, steps: int) -> float:
    """Share of the weights after the first step in the average at the end of a run.

    Args:
        part: How it is trained.
        steps: Steps of the optimizer in the whole run.

    Example:
        >>> part = TrainingPart(epochs=1, stored_side=64, average_decay=0.99)
        >>> round(first_weights_share(part, 61), 2), first_weights_share(part, 3000) < 1e-12
        (0.55, True)
    """
    highest = part.average_decay
    return math.prod(_rising(highest, moved) if part.average_warmup else highest for moved in range(1, steps))


def _rising(highest: float, moved: int) -> float:
    return min(highest, (1 + moved) / (10 + moved))


@torch.no_grad()
def _move(average: list[Tensor], current: list[Tensor], count: Tensor, *, decay: float, warmup: bool) -> None:
    if warmup:
        decay = _rising(decay, int(count))  # kept in checkpoints, so a run that goes on has the same decay
    if torch.is_floating_point(average[0]):
        torch._foreach_lerp_(average, current, 1 - decay)
    else:
        for old, new in zip(average, current, strict=True):
            old.copy_(new)

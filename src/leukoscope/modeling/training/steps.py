"""How far does each weight move?  Optimizers, rates by depth, schedules."""

from __future__ import annotations

import math
from collections import defaultdict
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, OneCycleLR, ReduceLROnPlateau

from leukoscope.modeling.networks.network import Network
from leukoscope.modeling.recipes import TrainingPart

_PLATEAU_FACTOR = 0.1
_MOMENTUM = 0.9


def make_optimizer(network: Network, part: TrainingPart) -> Optimizer:
    """The optimizer, one group of weights per depth and kind; biases and normalizations do not decay."""
    groups = _groups(network, part)
    if part.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=part.learning_rate, momentum=_MOMENTUM, nesterov=True)
    kind = torch.optim.AdamW if part.optimizer == "adamw" else torch.optim.Adam
    return kind(groups, lr=part.learning_rate)


def make_schedule(optimizer: Optimizer, part: TrainingPart, steps: int) -> dict[str, Any] | None:
    """The schedule as Lightning takes it; None for a constant rate.

    Args:
        optimizer: Whose rates change.
        part: Which schedule.
        steps: Steps of the optimizer in the whole run.
    """
    if part.schedule == "one-cycle":
        return one_cycle(optimizer, part.warmup, steps)
    if part.schedule == "cosine":
        factor = partial(cosine_factor, steps=steps, warmup=round(part.warmup * steps))
        return {"scheduler": LambdaLR(optimizer, factor), "interval": "step"}
    if part.schedule == "plateau":
        watch = ReduceLROnPlateau(optimizer, factor=_PLATEAU_FACTOR, patience=part.plateau_patience)
        return {"scheduler": watch, "interval": "epoch", "monitor": "validation_loss"}
    return None


def one_cycle(optimizer: Optimizer, warmup: float, steps: int) -> dict[str, Any]:
    """One cycle of the rates up and down, as Lightning takes it.

    Args:
        optimizer: Whose rates change; those it has now are the highest.
        warmup: Share of all steps over which they rise; at least three steps.
        steps: Steps of the optimizer in the whole run.
    """
    rates = [group["lr"] for group in optimizer.param_groups]
    rise = min(max(warmup, 3 / steps), 0.9)
    cycle = OneCycleLR(optimizer, max_lr=rates, total_steps=steps + 1, pct_start=rise)
    return {"scheduler": cycle, "interval": "step"}


def cosine_factor(step: int, *, steps: int, warmup: int) -> float:
    """Factor of the rate: a straight rise over `warmup` steps, then half a cosine down to 0.

    Example:
        >>> [round(cosine_factor(step, steps=10, warmup=2), 2) for step in (0, 1, 2, 6, 10)]
        [0.5, 1.0, 1.0, 0.5, 0.0]
    """
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / max(1, steps - warmup))))


def freeze_below_head(network: Network, *, frozen: bool) -> None:
    """Let only the deepest layer learn, or all; normalizations of frozen layers keep their statistics too.

    Call it after `network.train()`, which thaws the statistics.
    """
    depths = network.depths()
    head = max(depths.values())
    for name, weight in network.named_parameters():
        weight.requires_grad_(not frozen or depths[name] == head)
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and frozen and not _learns(module):
            module.eval()


def _learns(module: nn.Module) -> bool:
    return any(weight.requires_grad for weight in module.parameters(recurse=False))


def _groups(network: Network, part: TrainingPart) -> list[dict[str, Any]]:
    depths = network.depths()
    head = max(depths.values())
    members: dict[tuple[int, bool], list[nn.Parameter]] = defaultdict(list)
    for name, weight in network.named_parameters():
        depth = depths[name] if part.layer_decay < 1 else head
        members[depth, weight.ndim > 1].append(weight)
    return [
        {
            "params": weights,
            "lr": part.learning_rate * part.layer_decay ** (head - depth),
            "weight_decay": part.weight_decay if decays else 0.0,
        }
        for (depth, decays), weights in sorted(members.items(), key=lambda one: one[0], reverse=True)
    ]

"""Plain networks of the source systems: convolutions and pools, then dense layers that read every place."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

import torch
from torch import Tensor, nn

from leukoscope.errors import RecipeError
from leukoscope.modeling.networks.attribution import maps_of, take_apart
from leukoscope.modeling.networks.network import Coloring, Network
from leukoscope.modeling.networks.plans import Plan


class PlainNetwork(Network):
    """A network that was published as a list of layers.

    The pool comes before the ReLU: the maximum of rectified values is the rectified maximum, and a quarter of the
    values is cheaper to rectify and to keep for the way back.

    Args:
        plan: Its layers.
        classes: Number of classes.
        side: Height and width of the pictures, in pixels.
        coloring: How pictures are scaled.
        dropout: Takes the place of the plan's share after dense layers where given.

    Raises:
        RecipeError: The pictures are too small, or one output unit is asked to tell more than two classes.
    """

    def __init__(
        self, plan: Plan, classes: int, side: int, coloring: Coloring, *, dropout: float | None = None
    ) -> None:
        super().__init__(coloring)
        rows = plan.rows(side)
        if rows < 1:
            raise RecipeError(
                f"Pictures of {side} pixels are too small for {len(plan.filters)} pools.", hint=f"Use {plan.side}."
            )
        if plan.one_unit and classes != 2:
            raise RecipeError(
                f"A network with one output unit tells two classes, not {classes}.",
                hint="Join classes with [data.classes], or choose another network.",
            )
        self.plan = plan if dropout is None else replace(plan, dropout=dropout)
        self.features = nn.Sequential(_convolutions(self.plan))
        self.head = nn.Sequential(_dense(self.plan, plan.filters[-1] * rows**2, 1 if plan.one_unit else classes))
        _start_like_keras(self)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits, shape (n, classes), of pictures (n, 3, height, width) in [0, 1]."""
        logits: Tensor = self.head(self.features(self.scaled(pictures)))
        return self._two(logits)

    def explain(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (n, classes), last hidden layer (n, d) and activation maps (n, classes, rows, columns)."""
        features = self.features(self.scaled(pictures))
        logits, hidden, matrix = take_apart(self.head, features.flatten(1))
        maps = maps_of(matrix, features, logits, flat=True)
        return self._two(logits), hidden, self._two(maps)

    def depths(self) -> dict[str, int]:
        """How deep each parameter lies, by name."""
        return depths_by_layer(self)

    @property
    def embedding(self) -> str:
        """What the features are, for the card."""
        return "last hidden dense layer"

    def _two(self, values: Tensor) -> Tensor:
        # sigmoid(z) is the softmax of (-z / 2, z / 2), so cross-entropy, temperature and map stay what they are.
        return torch.cat([-values / 2, values / 2], dim=1) if self.plan.one_unit else values


def depths_by_layer(network: nn.Module) -> dict[str, int]:
    """Numbers the layers that have weights in their order; normalizations go with the layer before them."""
    depths: dict[str, int] = {}
    depth = -1
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            depth += 1
        depths.update({f"{name}.{inner}": max(depth, 0) for inner, _ in module.named_parameters(recurse=False)})
    return depths


def _convolutions(plan: Plan) -> OrderedDict[str, nn.Module]:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    channels = 3
    for number, filters in enumerate(plan.filters, start=1):
        # A bias before batch normalization would be taken out again, but the published counts include it.
        layers[f"conv{number}"] = nn.Conv2d(channels, filters, 3, padding=int(plan.padded))
        if plan.batch_norm:
            layers[f"norm{number}"] = nn.BatchNorm2d(filters)
        layers[f"pool{number}"] = nn.MaxPool2d(2)
        layers[f"relu{number}"] = nn.ReLU()
        channels = filters
    return layers


def _dense(plan: Plan, features: int, outputs: int) -> OrderedDict[str, nn.Module]:
    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    if plan.flat_dropout:
        layers["dropout0"] = nn.Dropout(plan.flat_dropout)
    for number, units in enumerate(plan.dense, start=1):
        layers[f"dense{number}"] = nn.Linear(features, units)
        if number <= plan.dense_batch_norm:
            layers[f"norm{number}"] = nn.BatchNorm1d(units)
        layers[f"relu{number}"] = nn.ReLU()
        if plan.dropout:
            layers[f"dropout{number}"] = nn.Dropout(plan.dropout)
        features = units
    layers["output"] = nn.Linear(features, outputs)
    return layers


def _start_like_keras(network: nn.Module) -> None:
    """First weights as the source systems' framework draws them: Glorot uniform, biases zero."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)

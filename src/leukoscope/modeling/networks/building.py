"""From a name in a recipe to a network, with random, fetched or given weights."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import timm
import torch
from safetensors.torch import load_file
from torch import Tensor

from leukoscope.errors import RecipeError
from leukoscope.modeling.networks.color_normalization import NEUTRAL
from leukoscope.modeling.networks.mean_head import MeanHead
from leukoscope.modeling.networks.network import UNIT, Coloring, Network
from leukoscope.modeling.networks.plain import PlainNetwork
from leukoscope.modeling.networks.plans import PLANS, SHORT_NAMES
from leukoscope.modeling.networks.timm_networks import TimmNetwork, pretrained_coloring, timm_name
from leukoscope.modeling.recipes import MEAN_HEAD, NetworkPart

_LEAST_SHARE = 0.5
_OF_THE_SET = ("mean", "spread", "colors.reference_mean", "colors.reference_spread")


def network_names() -> tuple[str, ...]:
    """Names with a home of their own; besides, every name of timm is taken."""
    return (MEAN_HEAD, *PLANS, *SHORT_NAMES)


def check_network(part: NetworkPart) -> None:
    """Make sure that the network and the backbone a recipe names are known, before anything is read for it.

    Raises:
        RecipeError: One is not; the hint tells the nearest.
    """
    if part.name != MEAN_HEAD:
        if part.name not in PLANS and timm_name(part.name) is None:
            raise RecipeError(f"There is no network {part.name!r}.", hint=_nearest(part.name, network_names()))
    elif ":" not in part.backbone and not timm.is_model(part.backbone):  # with a colon it is an address of timm's hub
        raise RecipeError(f"There is no backbone {part.backbone!r}.", hint=_nearest(part.backbone, ()))


def build_network(
    part: NetworkPart, classes: int, side: int, of_set: Coloring | None = None, *, fetch: bool = True
) -> Network:
    """Make the network a recipe names.

    Args:
        part: What the recipe says.
        classes: Number of classes.
        side: Height and width of its pictures, in pixels.
        of_set: Mean and spread of the training pictures, for `scaling = "set"`.
        fetch: Whether pretrained weights are wanted now; a checkpoint that is loaded afterwards needs none.

    Raises:
        RecipeError: No network has this name, or it cannot be made so.
    """
    check_network(part)
    coloring = _coloring(part, of_set)
    if part.name == MEAN_HEAD:
        network: Network = MeanHead(part, classes, coloring, pretrained=part.pretrained and fetch)
    elif part.name in PLANS:
        _refuse_pretrained(part)
        network = PlainNetwork(PLANS[part.name], classes, side, coloring, dropout=part.dropout)
    else:
        dropout = part.dropout or 0.0
        network = TimmNetwork(part.name, classes, side, coloring, dropout=dropout, pretrained=part.pretrained and fetch)
    if part.weights and fetch:
        load_weights(network, Path(part.weights))
    return network


def load_weights(network: Network, path: Path) -> tuple[str, ...]:
    """Take over the weights of a file (.safetensors, or .pth read without running any code) that fit by name and shape.

    Args:
        network: Whose weights are replaced; the head keeps its own where the file has other classes.
        path: The file.

    Returns:
        Names of weights that the file did not have in this shape.

    Raises:
        RecipeError: The file cannot be read, or fits less than half of the network.
    """
    given = {_bare(name): value for name, value in _read_weights(path).items()}
    own = network.state_dict()
    fitting = {name: given[_bare(name)] for name in own if _fits(own[name], given.get(_bare(name)))}
    left = tuple(name for name in own if name not in fitting and name not in _OF_THE_SET)
    if sum(own[name].numel() for name in fitting) < _LEAST_SHARE * sum(one.numel() for one in own.values()):
        raise RecipeError(
            f"{path} fits {len(fitting)} of {len(own)} weights of this network.",
            hint=f"Give the weights of the same network; the first that is missing is {left[0] if left else '-'}.",
        )
    network.load_state_dict(fitting, strict=False)
    return left


def _coloring(part: NetworkPart, of_set: Coloring | None) -> Coloring:
    scaling = _scaling(part, of_set)
    if part.color_normalization == "none":
        return scaling
    known = of_set.reference if of_set else None
    return replace(scaling, reference=known or NEUTRAL)


def _scaling(part: NetworkPart, of_set: Coloring | None) -> Coloring:
    if part.scaling == "unit":
        return UNIT
    if part.scaling == "pretrained":
        return pretrained_coloring(part.backbone if part.name == MEAN_HEAD else part.name)
    return replace(of_set, reference=None) if of_set else Coloring()


def _read_weights(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as fault:  # safetensors and torch raise a dozen unrelated classes
        raise RecipeError(
            f"The weights {path} cannot be read as a table of tensors.",
            hint="Give a .safetensors file, or a .pth of tensors only.",
        ) from fault
    while isinstance(content, dict) and "state_dict" in content:
        content = content["state_dict"]
    if not isinstance(content, dict):
        raise RecipeError(f"{path} holds no table of weights.", hint="Save `network.state_dict()`.")
    return {str(name): value for name, value in content.items() if isinstance(value, Tensor)}


def _bare(name: str) -> str:
    """A weight's name without what wrappers put before it."""
    for prefix in ("average.module.", "module.", "network.", "model.", "backbone."):
        name = name.removeprefix(prefix)
    return name


def _fits(own: Tensor, given: Tensor | None) -> bool:
    return given is not None and own.shape == given.shape


def _refuse_pretrained(part: NetworkPart) -> None:
    if part.pretrained:
        raise RecipeError(f"There are no pretrained weights of {part.name}.", hint="Leave out network.pretrained.")


def _nearest(name: str, own: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, [*own, *timm.list_models()], n=3, cutoff=0.5)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return f"Known: {', '.join((*own, 'every name of timm.list_models()'))}."

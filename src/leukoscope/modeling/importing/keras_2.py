"""What did Keras 2 write otherwise?  Descriptions in its HDF5 files, said in the words of Keras 3.

Keras 3 reads such files, but stumbles over the backbones that most people took from `keras.applications`. Each turn
here was found with files written by Keras 2.21 (`tf_keras`): MobileNetV2 and others, alone and inside other models.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_MODELS = ("Functional", "Model", "Sequential")
_LISTS_OF_ONE = {
    "BatchNormalization": ("axis",),
    "Functional": ("input_layers", "output_layers"),
    "Model": ("input_layers", "output_layers"),
}


def bring_up_to_date(described: object) -> bool:
    """Change a description in place.

    Depthwise convolutions named `groups`; batch normalization gave its axis, and a model its only input and output, as
    a list of one; and the calls of a model within a model were counted from 1.

    Args:
        described: The parsed description of a model.

    Returns:
        Whether anything was changed.

    Example:
        >>> layer = {"class_name": "BatchNormalization", "config": {"axis": [3]}}
        >>> bring_up_to_date(layer), layer["config"]
        (True, {'axis': 3})
    """
    changed = [_renew(part, part["config"]) for part in _described_parts(described)]
    return any(changed)


def _described_parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("config"), dict):
            yield value
        for inner in value.values():
            yield from _described_parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _described_parts(inner)


def _renew(part: dict[str, Any], config: dict[str, Any]) -> bool:
    kind = str(part.get("class_name"))
    changed = kind == "DepthwiseConv2D" and config.pop("groups", None) is not None
    for key in _LISTS_OF_ONE.get(kind, ()):
        if isinstance(config.get(key), list) and len(config[key]) == 1:
            config[key] = config[key][0]
            changed = True
    return _count_calls_from_zero(config) or changed


def _count_calls_from_zero(config: dict[str, Any]) -> bool:
    layers = [one for one in _list(config.get("layers")) if isinstance(one, dict)]
    inner = [one.get("name") for one in layers if one.get("class_name") in _MODELS]
    changed = False
    for layer in layers:
        for node in _list(layer.get("inbound_nodes")):
            for source in _list(node):  # [name, call, tensor, arguments]; Keras 3 writes tables instead
                if isinstance(source, list) and len(source) > 2 and source[0] in inner and source[1] == 1:
                    source[1] = 0
                    changed = True
    return changed


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []

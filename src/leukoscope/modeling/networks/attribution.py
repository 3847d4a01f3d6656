"""Where does an answer come from?  Takes a head apart, exactly, without gradients, so that ONNX can hold it."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

_SILENT = (nn.Dropout, nn.Identity, nn.Flatten)


def take_apart(steps: Iterable[nn.Module], inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Run a head and find the matrix by which it multiplied its input.

    A ReLU either lets a value through or not; with these gates held as they are, the head is linear, and so is every
    activation of the form x * gate(x) with its gate held. What each input adds to a logit can then be read off.

    Args:
        steps: Layers of the head in evaluation mode: linear layers (or convolutions over all places at once),
            activations, normalizations, dropout.
        inputs: Shape (n, d).

    Returns:
        Logits, shape (n, classes); what the last layer read, shape (n, units); and the matrix, shape (n or 1, classes,
        d). Logits minus matrix times input is what comes from biases and belongs to no place.

    References:
        Draelos and Carin 2020, "Use HiResCAM instead of Grad-CAM for faithful explanations", section 3.3: for ReLU
        networks this is that method's map, there by gradients.
    """
    trace = []
    value = inputs
    for step in steps:
        before, value = value, _run(step, value)
        trace.append((step, before, value))
    matrix: Tensor | None = None
    for step, before, after in reversed(trace):
        matrix = _back(step, before, after, matrix)
    if matrix is None:
        raise TypeError("a head without a linear layer cannot be taken apart")
    return value, trace[-1][1], matrix


def maps_of(matrix: Tensor, features: Tensor, logits: Tensor, *, flat: bool) -> Tensor:
    """Activation maps whose mean over places is the logit.

    Args:
        matrix: What `take_apart` gave.
        features: What the head read, shape (n, channels, rows, columns).
        logits: Shape (n, classes).
        flat: Whether the head read the features one by one; otherwise it read their mean over places.

    Returns:
        Shape (n, classes, rows, columns); what comes from biases is spread evenly over all places.
    """
    n, channels, rows, columns = features.shape
    classes, places = matrix.shape[1], rows * columns
    by_place = features.reshape(n, channels, places)
    if flat:
        parts = (matrix.reshape(-1, classes, channels, places) * by_place[:, None]).sum(2) * places
    else:
        parts = matrix @ by_place
    rest = logits - parts.mean(2)
    return (parts + rest[:, :, None]).reshape(n, classes, rows, columns)


def _run(step: nn.Module, value: Tensor) -> Tensor:
    # Layers made for pictures are run on flat features, with the same weights.
    if isinstance(step, nn.Conv2d):
        return nn.functional.linear(value, step.weight.flatten(1), step.bias)
    if isinstance(step, nn.LayerNorm):
        return nn.functional.layer_norm(value, value.shape[1:], step.weight, step.bias, step.eps)
    after: Tensor = step(value)
    return after


def _back(step: nn.Module, before: Tensor, after: Tensor, matrix: Tensor | None) -> Tensor | None:
    if isinstance(step, nn.Linear | nn.Conv2d):
        weight = step.weight.flatten(1)
        return weight[None] if matrix is None else matrix @ weight
    if isinstance(step, _SILENT):
        return matrix
    if matrix is None:
        raise TypeError(f"a head must end with a linear layer, not with {type(step).__name__}")
    if isinstance(step, nn.LayerNorm):
        deviation = torch.sqrt(before.var(1, unbiased=False, keepdim=True) + step.eps)
        scaled = matrix * (step.weight / deviation)[:, None, :]
        return scaled - scaled.mean(2, keepdim=True)
    if isinstance(step, nn.BatchNorm1d):
        variance = step.running_var if step.running_var is not None else torch.ones_like(step.weight)
        return matrix * (step.weight / torch.sqrt(variance + step.eps))
    if isinstance(step, nn.ReLU):
        return matrix * (before > 0).to(before.dtype)[:, None, :]
    nothing = before.abs() < 1e-12
    gate = torch.where(nothing, torch.zeros_like(before), after / torch.where(nothing, torch.ones_like(before), before))
    return matrix * gate[:, None, :]

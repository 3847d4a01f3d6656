"""From a trained network to one ONNX graph that says everything: probabilities, embedding, activation map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from leukoscope.bundles.golden import GoldenSamples
from leukoscope.domain.images import Pixels
from leukoscope.modeling.networks.network import Network
from leukoscope.modeling.whitening import Whitening

OPSET = 18
_BATCH = 128


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a network says of n pictures: logits (n, classes) and pooled features (n, d)."""

    logits: NDArray[np.float64]
    features: NDArray[np.float64]


class ExportedNetwork(nn.Module):
    """The graph of a bundle: uint8 pictures (n, height, width, 3) to probabilities, embedding and activation map."""

    center: Tensor
    matrix: Tensor

    def __init__(self, network: Network, temperature: float, whitening: Whitening) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature
        self.register_buffer("center", torch.tensor(whitening.center, dtype=torch.float32))
        self.register_buffer("matrix", torch.tensor(whitening.matrix, dtype=torch.float32))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Probabilities (n, classes), whitened embedding (n, d) and logits per place (n, classes, rows, columns)."""
        logits, features, maps = self.network.explain(images.permute(0, 3, 1, 2).float() / 255)
        return torch.softmax(logits / self.temperature, dim=1), (features - self.center) @ self.matrix, maps


def answer(network: Network, images: Pixels) -> Answers:
    """Ask a network in batches; `images` is uint8, shape (n, height, width, 3)."""
    logits, features = [], []
    with torch.inference_mode():
        for start in range(0, len(images), _BATCH):
            batch = torch.from_numpy(images[start : start + _BATCH]).permute(0, 3, 1, 2).float() / 255
            one, other, _ = network.explain(batch)
            logits.append(one.double().numpy())
            features.append(other.double().numpy())
    return Answers(np.concatenate(logits), np.concatenate(features))


def export_onnx(exported: ExportedNetwork, side: int) -> bytes:
    """The graph as ONNX, any number of pictures at a time."""
    example = torch.zeros(2, side, side, 3, dtype=torch.uint8)
    return export_graph(exported, example, ("probabilities", "embedding", "activation_map"))


def export_graph(
    module: nn.Module, example: Tensor, outputs: Sequence[str], sides: Mapping[int, Any] | None = None
) -> bytes:
    """A module as an ONNX graph with the input `images`, any number of them at a time.

    What torch notes beside each node, such as its lines of code and where they lie on this machine, is left out: it
    tells others about a computer, and the same network exported elsewhere would be another file.

    Args:
        module: What is exported.
        example: Two pictures, uint8, shape (2, height, width, 3).
        outputs: Names of what it gives.
        sides: Which sides of the pictures may have other lengths, by axis; none where not given.
    """
    program = torch.onnx.export(
        module.eval(),
        (example,),
        input_names=["images"],
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
        output_names=list(outputs),
        external_data=False,
        dynamic_shapes={"images": {0: torch.export.Dim("n", min=1, max=4096), **(sides or {})}},
    )
    if program is None:
        raise RuntimeError("torch.onnx.export gave no program")
    model = program.model_proto
    for noted in (model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer):
        del noted.metadata_props[:]
    return bytes(model.SerializeToString())


def golden_samples(exported: ExportedNetwork, images: Pixels) -> GoldenSamples:
    """What the trainer says of given pictures, for any runtime to agree with."""
    with torch.inference_mode():
        probabilities, embedding, maps = exported.eval()(torch.from_numpy(images))
    return GoldenSamples(images, probabilities.numpy(), embedding.numpy(), maps.numpy())

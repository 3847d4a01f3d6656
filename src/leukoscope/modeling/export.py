"""From a trained network to one ONNX graph that says everything: probabilities, embedding, activation map."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from leukoscope.bundles.golden import GoldenSamples
from leukoscope.domain.images import Pixels
from leukoscope.modeling.networks.network import Network

_log = logging.getLogger(__name__)
OPSET = 18
_BATCH = 128
_LEAST_SPREAD = 0.02
"""Of a feature, over its own size and over the others' median spread; less counts as this much."""
_LEAST_VARIANCE = 0.01
"""Of a direction among scaled features, over the mean of all directions."""
_ALIKE = 1e-3
"""Largest spread of any feature, over the size of all, at which a network says the same of every picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a network says of n pictures: logits (n, classes) and pooled features (n, d)."""

    logits: NDArray[np.float64]
    features: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Whitening:
    """Takes features to a space where a class's spread is 1 in every direction.

    Attributes:
        center: Mean feature, shape (d,).
        matrix: Multiplied from the right, shape (d, d).
        class_means: Whitened mean of each class, shape (classes, d).
    """

    center: NDArray[np.float64]
    matrix: NDArray[np.float64]
    class_means: NDArray[np.float64]

    def apply(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Whitened features, shape (n, d)."""
        return np.asarray((features - self.center) @ self.matrix)

    def distances(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance of each picture to the nearest class mean, shape (n,)."""
        points = self.apply(features)
        return np.asarray(np.min([np.linalg.norm(points - mean, axis=1) for mean in self.class_means], axis=0))


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


def fit_whitening(features: NDArray[np.float64], targets: NDArray[np.int64], classes: int) -> Whitening:
    """Fit the shared within-class covariance, shrunk, and turn it into a whitening.

    What hardly changes among the training pictures is not stretched without bound: a feature in 32 bits that is all
    but constant changes by rounding alone, which two runtimes do differently, and a unit that no training picture woke
    would drown all others once it wakes. A network that says the same of every picture, as one with hundreds of layers
    does after a few steps, is not stretched at all: there is nothing but rounding.

    Args:
        features: Pooled features of the training pictures, shape (n, d).
        targets: Class numbers, shape (n,); every class occurs.
        classes: Number of classes.

    References:
        Ledoit and Wolf 2004, "A well-conditioned estimator for large-dimensional covariance matrices"; Lee et al. 2018,
        "A simple unified framework for detecting out-of-distribution samples", section 2.1.
    """
    from sklearn.covariance import LedoitWolf

    means = np.stack([features[targets == one].mean(0) for one in range(classes)])
    # Features differ in scale by orders of magnitude; shrinking toward one common variance would drown the small ones.
    size, center = float(np.sqrt((features**2).mean())), features.mean(0)
    if (features - means[targets]).std(0).max() < _ALIKE * size:
        _log.warning("The network says nearly the same of every training picture: train it longer.")
        matrix = np.eye(features.shape[1]) / size
        return Whitening(center, matrix, (means - center) @ matrix)
    scale = _scale(features, features - means[targets])
    covariance = LedoitWolf(assume_centered=True).fit((features - means[targets]) / scale).covariance_
    values, vectors = np.linalg.eigh(covariance)
    values = np.maximum(values, _LEAST_VARIANCE * max(float(values.mean()), _LEAST_VARIANCE))
    matrix = (vectors / np.sqrt(values)) / scale[:, None]
    return Whitening(center, matrix, (means - center) @ matrix)


def _scale(features: NDArray[np.float64], rest: NDArray[np.float64]) -> NDArray[np.float64]:
    """By what each feature is divided: its spread within classes, but no less than rounding could make of it."""
    spread = rest.std(0)
    alive = spread[spread > 0]
    usual = float(np.median(alive)) if len(alive) else 1.0
    size = np.sqrt((features**2).mean(0))
    return np.asarray(np.maximum(spread, _LEAST_SPREAD * np.maximum(size, usual)))


def export_onnx(exported: ExportedNetwork, side: int) -> bytes:
    """The graph as ONNX, any number of pictures at a time."""
    example = torch.zeros(2, side, side, 3, dtype=torch.uint8)
    program = torch.onnx.export(
        exported.eval(),
        (example,),
        input_names=["images"],
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
        output_names=["probabilities", "embedding", "activation_map"],
        external_data=False,
        dynamic_shapes={"images": {0: torch.export.Dim("n", min=1, max=4096)}},
    )
    if program is None:
        raise RuntimeError("torch.onnx.export gave no program")
    return bytes(program.model_proto.SerializeToString())


def golden_samples(exported: ExportedNetwork, images: Pixels) -> GoldenSamples:
    """What the trainer says of given pictures, for any runtime to agree with."""
    with torch.inference_mode():
        probabilities, embedding, maps = exported.eval()(torch.from_numpy(images))
    return GoldenSamples(images, probabilities.numpy(), embedding.numpy(), maps.numpy())

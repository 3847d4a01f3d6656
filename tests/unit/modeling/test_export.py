from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
import torch

from leukoscope.modeling.export import ExportedNetwork, answer, export_onnx, fit_whitening, golden_samples
from leukoscope.modeling.networks.building import build_network
from leukoscope.modeling.recipes import NetworkPart


def differing_pictures(n: int) -> np.ndarray:
    """Disks of many sizes and colors; on noise alone features are all but constant, and whitening shows rounding."""
    rng = np.random.default_rng(0)
    down, right = np.mgrid[:64, :64] - 32
    pictures = rng.integers(150, 250, (n, 1, 1, 3)) + rng.integers(-20, 20, (n, 64, 64, 3))
    for picture, radius, color in zip(pictures, rng.integers(5, 30, n), rng.integers(0, 200, (n, 3)), strict=True):
        picture[down**2 + right**2 < radius**2] = color
    return pictures.clip(0, 255).astype(np.uint8)


# One network of each kind of head; the mean head is in networks/test_mean_head.py.
@pytest.mark.parametrize("name", ["lightweight-cnn", "lenet-lld", "mobilenetv3_small_050", "test_convnext", "test_vit"])
def test_the_graph_of_every_kind_of_head_says_what_the_network_says(name: str) -> None:
    torch.manual_seed(0)
    images = differing_pictures(40)
    network = build_network(NetworkPart(name=name), 2, 64).eval()
    answers = answer(network, images)
    exported = ExportedNetwork(network, 1.3, fit_whitening(answers.features, np.arange(40) % 2, 2))
    session = ort.InferenceSession(export_onnx(exported, 64))
    for n in (1, 40):
        expected = golden_samples(exported, images[:n])
        got = session.run(["probabilities", "embedding", "activation_map"], {"images": images[:n]})
        for one, other in zip(got, (expected.probabilities, expected.embedding, expected.activation_map), strict=True):
            assert one.shape == other.shape
            assert np.abs(one - other).max() <= 1e-4 * max(1, np.abs(other).max())
    powers = np.exp(got[2].mean((2, 3)) / 1.3)
    assert np.allclose(got[0], powers / powers.sum(1, keepdims=True), atol=1e-4)

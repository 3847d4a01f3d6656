from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
import torch

from leukoscope.errors import RecipeError
from leukoscope.modeling.export import (
    ExportedNetwork,
    answer,
    export_onnx,
    golden_samples,
)
from leukoscope.modeling.networks.mean_head import MeanHead
from leukoscope.modeling.recipes import NetworkPart
from leukoscope.modeling.whitening import fit_whitening

TINY = NetworkPart(channels=(8, 8, 8, 8), output_stride=16, embedding_stages=(1, 4))


@pytest.fixture(scope="module")
def network() -> MeanHead:
    torch.manual_seed(0)
    return MeanHead(TINY, 3).eval()


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (9, 32, 32, 3)).astype(np.uint8)


def test_the_mean_of_the_map_is_the_logit(network: MeanHead) -> None:
    pictures = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        logits, pooled, maps = network.explain(pictures)
        assert torch.allclose(network(pictures), logits, atol=1e-5)
    assert torch.allclose(maps.mean((2, 3)), logits, atol=1e-6)
    assert maps.shape == (2, 3, 4, 4)
    assert pooled.shape == (2, 16)


def test_the_graph_says_what_the_network_says_for_any_number_of_pictures(network: MeanHead, images: np.ndarray) -> None:
    answers = answer(network, images)
    whitening = fit_whitening(answers.features, np.arange(9) % 3, 3)
    exported = ExportedNetwork(network, 1.7, whitening)
    session = ort.InferenceSession(export_onnx(exported, 32))
    for n in (1, 9):
        expected = golden_samples(exported, images[:n])
        got = session.run(["probabilities", "embedding", "activation_map"], {"images": images[:n]})
        for one, other in zip(got, (expected.probabilities, expected.embedding, expected.activation_map), strict=True):
            assert np.abs(one - other).max() <= 1e-4 * max(1, np.abs(other).max())
    powers = np.exp(answers.logits / 1.7)
    assert np.allclose(got[0], powers / powers.sum(1, keepdims=True), atol=1e-4)
    assert np.allclose(got[1], whitening.apply(answers.features), atol=1e-3)


def test_whitening_makes_the_distance_that_of_mahalanobis() -> None:
    rng = np.random.default_rng(2)
    targets = rng.integers(0, 2, 4000)
    mixing = np.array([[3.0, 0.02], [0.0, 0.01]])
    features = rng.normal(size=(4000, 2)) @ mixing + np.array([[0, 0], [20, 0.1]])[targets]
    whitening = fit_whitening(features, targets, 2)
    white = whitening.apply(features) - whitening.class_means[targets]
    assert np.allclose(np.cov(white.T), np.eye(2), atol=0.05)
    center = features[targets == 0].mean(0)
    step = np.array([1.0, 0.02])
    expected = np.sqrt(step @ np.linalg.inv(mixing.T @ mixing) @ step)
    assert whitening.distances((center + step)[None])[0] == pytest.approx(expected, rel=0.05)


def test_a_backbone_timm_does_not_know_is_told() -> None:
    with pytest.raises(RecipeError, match="resnet19"):
        MeanHead(NetworkPart(backbone="resnet19"), 2)


def test_a_backbone_that_refuses_an_option_is_told() -> None:
    with pytest.raises(RecipeError, match="mobilenetv3_small_100"):
        MeanHead(NetworkPart(backbone="mobilenetv3_small_100", output_stride=16), 2)

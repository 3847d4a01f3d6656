from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch

from leukoscope.modeling import export
from leukoscope.modeling.export import ExportedNetwork, answer, export_onnx, golden_samples
from leukoscope.modeling.networks.building import build_network
from leukoscope.modeling.recipes import NetworkPart
from leukoscope.modeling.whitening import fit_whitening


def differing_pictures(n: int) -> np.ndarray:
    """Disks of many sizes and colors."""
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


def test_the_graph_tells_nothing_of_the_computer_it_was_exported_on() -> None:
    torch.manual_seed(0)
    images = differing_pictures(40)
    network = build_network(NetworkPart(name="lightweight-cnn"), 2, 64).eval()
    whitening = fit_whitening(answer(network, images).features, np.arange(40) % 2, 2)
    graph = export_onnx(ExportedNetwork(network, 1.3, whitening), 64)
    for told in (Path(export.__file__).parent.as_posix(), Path(torch.__file__).parent.as_posix(), "forward"):
        assert told.encode() not in graph
    assert graph == export_onnx(ExportedNetwork(network, 1.3, whitening), 64)


def test_features_that_are_all_but_constant_do_not_make_runtimes_disagree() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (40, 64, 64, 3)).astype(np.uint8)  # every picture looks the same to the network
    darker = noise[:6] // 2 + 60
    network = build_network(NetworkPart(name="lenet-lld", scaling="unit"), 2, 64).eval()
    features = answer(network, noise).features
    assert (features.std(0) == 0).sum() > 50
    exported = ExportedNetwork(network, 1.3, fit_whitening(features, np.arange(40) % 2, 2))
    session = ort.InferenceSession(export_onnx(exported, 64))
    for pictures in (noise, darker):
        expected = golden_samples(exported, pictures).embedding
        (got,) = session.run(["embedding"], {"images": pictures})
        assert np.abs(got - expected).max() <= 0.5e-4 * max(1, np.abs(expected).max())
    assert np.abs(expected).max() < 100  # a unit that no picture of the training part woke does not drown the others


def test_whitening_takes_a_spread_of_one_to_live_features_and_bounds_what_dead_and_repeated_ones_say() -> None:
    rng = np.random.default_rng(1)
    targets = np.arange(3000) % 2
    alive = rng.normal(0, [1, 5, 0.2], (3000, 3)) + targets[:, None] * 2 + 10
    features = np.column_stack([alive, alive[:, 0], np.full(3000, 7.0), np.zeros(3000)])
    found = fit_whitening(features, targets, 2)
    rest = found.apply(features) - found.class_means[targets]
    spread = np.sort(rest.std(0))
    assert np.allclose(spread[-3:], 1, atol=0.1)
    assert np.allclose(spread[:-3], 0, atol=0.2)
    rounding = features * (1 + 1e-6 * rng.choice([-1, 1], features.shape))
    assert np.abs(found.apply(rounding) - found.apply(features)).max() < 1e-2
    assert np.isfinite(fit_whitening(np.ones((20, 4)), np.arange(20) % 2, 2).matrix).all()


def test_a_network_that_says_the_same_of_every_picture_is_named_and_its_rounding_not_stretched(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rng = np.random.default_rng(2)
    targets = np.arange(30) % 2
    constant = rng.normal(0, 0.1, 500)
    features = constant + rng.normal(0, 5e-6, (30, 500))  # as EfficientNet-B7 after three steps
    found = fit_whitening(features, targets, 2)
    assert "says nearly the same of every training picture" in caplog.text
    rounded = features + rng.normal(0, 1e-8, features.shape)
    assert np.abs(found.apply(rounded) - found.apply(features)).max() < 1e-5
    assert found.distances(features).max() < 0.1
    caplog.clear()
    fit_whitening(features + rng.normal(0, 0.01, features.shape), targets, 2)
    assert not caplog.records

from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import nn

from leukoscope.errors import RecipeError
from leukoscope.modeling.networks.network import UNIT, Network, count_parameters
from leukoscope.modeling.networks.plain import PlainNetwork
from leukoscope.modeling.networks.plans import PLANS


def _make(name: str, classes: int = 2, side: int | None = None) -> PlainNetwork:
    return PlainNetwork(PLANS[name], classes, side or PLANS[name].side, UNIT)


def _table(network: PlainNetwork) -> list[tuple[str, tuple[int, ...], int]]:
    """What a summary shows: kind, output shape (channels last, as published), parameters; ReLU is part of its layer."""
    rows = []
    value = torch.zeros(2, 3, network.plan.side, network.plan.side, device="meta")
    for layer in (*network.features, *network.head):
        value = layer(value)
        if not isinstance(layer, nn.ReLU):
            shape = (*value.shape[2:], value.shape[1]) if value.ndim == 4 else tuple(value.shape[1:])
            rows.append((type(layer).__name__, shape, count_parameters(layer)))
    return rows


def test_lenet_lld_has_the_layers_of_its_published_table() -> None:
    with torch.device("meta"):
        network = _make("lenet-lld")
    assert _table(network) == [
        ("Conv2d", (254, 254, 16), 448),
        ("MaxPool2d", (127, 127, 16), 0),
        ("Conv2d", (125, 125, 32), 4640),
        ("MaxPool2d", (62, 62, 32), 0),
        ("Conv2d", (60, 60, 64), 18496),
        ("MaxPool2d", (30, 30, 64), 0),
        ("Conv2d", (28, 28, 128), 73856),
        ("MaxPool2d", (14, 14, 128), 0),
        ("Flatten", (25088,), 0),
        ("Linear", (256,), 6422784),
        ("Linear", (1,), 257),
    ]
    assert count_parameters(network) == 6_520_481


def test_roboflow_cnn_has_the_layers_of_its_published_table() -> None:
    with torch.device("meta"):
        network = _make("roboflow-cnn", classes=4)
    assert _table(network) == [
        ("Conv2d", (222, 222, 32), 896),
        ("MaxPool2d", (111, 111, 32), 0),
        ("Conv2d", (109, 109, 64), 18496),
        ("MaxPool2d", (54, 54, 64), 0),
        ("Conv2d", (52, 52, 128), 73856),
        ("MaxPool2d", (26, 26, 128), 0),
        ("Flatten", (86528,), 0),
        ("Linear", (128,), 11075712),
        ("Dropout", (128,), 0),
        ("Linear", (64,), 8256),
        ("Dropout", (64,), 0),
        ("Linear", (4,), 260),
    ]
    assert count_parameters(network) - count_parameters(network.head[-1]) == 11_177_216


def test_cml_1_has_as_many_layers_of_each_kind_as_published() -> None:
    with torch.device("meta"):
        rows = _table(_make("cml-1", classes=5))
    kinds = Counter(kind.rstrip("12d") if kind.startswith("Batch") else kind for kind, _, _ in rows)
    assert kinds == {"Conv2d": 5, "MaxPool2d": 5, "BatchNorm": 6, "Flatten": 1, "Linear": 3, "Dropout": 3}
    assert len(rows) == 23


def test_the_lightweight_network_normalizes_and_drops_and_is_light() -> None:
    with torch.device("meta"):
        network = _make("lightweight-cnn")
    kinds = {kind for kind, _, _ in _table(network)}
    assert {"BatchNorm2d", "Dropout"} <= kinds
    assert count_parameters(network) < 1_000_000


@pytest.mark.parametrize("name", sorted(PLANS))
def test_what_is_our_choice_is_said(name: str) -> None:
    assert PLANS[name].origin.startswith("published")
    assert name == "lenet-lld" or "our choice" in PLANS[name].origin


def _trained(name: str, side: int) -> Network:
    torch.manual_seed(1)
    network = _make(name, side=side)
    for _ in range(3):  # normalizations get statistics of their own
        network(torch.rand(8, 3, side, side))
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.normal_(layer.bias, std=0.1)
    return network.eval()


@pytest.mark.parametrize("name", sorted(PLANS))
def test_the_map_is_what_each_place_adds_to_the_logit(name: str) -> None:
    network = _trained(name, 96)
    pictures = torch.rand(3, 3, 96, 96)
    features = network.features(network.scaled(pictures)).detach().requires_grad_(True)
    logits, hidden, maps = network.explain(pictures)
    assert torch.allclose(logits, network(pictures), atol=1e-5)
    assert torch.allclose(maps.mean((2, 3)), logits, atol=1e-5)
    assert hidden.shape == (3, PLANS[name].dense[-1])
    # Independent of the code under test: gradient times input at the last features (HiResCAM).
    (slope,) = torch.autograd.grad(network._two(network.head(features))[:, 1].sum(), features)
    expected = (slope * features).sum(1)
    own = maps[:, 1] / maps[0, 0].numel()
    rest = (own - expected).flatten(1)
    assert torch.allclose(rest, rest.mean(1, keepdim=True).expand_as(rest), atol=1e-6)
    assert float(expected.detach().flatten(1).std(1).min()) > 1e-5


def test_pooling_before_the_relu_is_the_same_function() -> None:
    layers = _trained("lenet-lld", 64)
    value = other = torch.rand(2, 3, 64, 64)
    for number in range(1, 5):
        convolution = getattr(layers.features, f"conv{number}")
        value = nn.functional.relu(nn.functional.max_pool2d(convolution(value), 2))
        other = nn.functional.max_pool2d(nn.functional.relu(convolution(other)), 2)
    assert torch.equal(value, other)


def test_one_sigmoid_is_a_softmax_of_two() -> None:
    network = _trained("lenet-lld", 64)
    pictures = torch.rand(4, 3, 64, 64)
    probabilities = network(pictures).softmax(1)
    unit = network.head(network.features(pictures))[:, 0]
    assert torch.allclose(probabilities[:, 1], torch.sigmoid(unit), atol=1e-6)


def test_pictures_that_are_too_small_and_too_many_classes_are_told() -> None:
    with pytest.raises(RecipeError, match="too small"):
        _make("lenet-lld", side=32)
    with pytest.raises(RecipeError, match="two classes, not 3"):
        _make("lenet-lld", classes=3)


def test_depths_count_the_layers_from_the_picture() -> None:
    depths = _make("cml-1", side=64).depths()
    assert depths["features.conv1.weight"] == depths["features.norm1.weight"] == 0
    assert depths["head.output.bias"] == max(depths.values()) == 7

from __future__ import annotations

import pytest
import timm
import torch

from leukoscope.errors import RecipeError
from leukoscope.modeling.networks.network import UNIT
from leukoscope.modeling.networks.plans import SHORT_NAMES
from leukoscope.modeling.networks.timm_networks import (
    TimmNetwork,
    pretrained_coloring,
    timm_name,
)

# Published parameter counts for 1,000 classes: the papers' or the model zoos' tables.
PUBLISHED = {
    "resnet18": 11_689_512,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "densenet121": 7_978_856,
    "densenet201": 20_013_928,
    "mobilenetv1": 4_231_976,
    "mobilenetv3-large": 5_483_032,
    "mobilenetv3-small": 2_542_856,
    "efficientnet-b0": 5_288_548,
    "efficientnet-b7": 66_347_960,
    "convnext-small": 50_223_688,
    "convnextv2-nano": 15_623_800,
    "convnextv2-tiny": 28_635_496,
    "vit-small": 22_050_664,
}


@pytest.mark.parametrize(("name", "parameters"), PUBLISHED.items(), ids=PUBLISHED)
def test_a_network_has_as_many_parameters_as_published(name: str, parameters: int) -> None:
    with torch.device("meta"):
        network = TimmNetwork(name, 1000, 224, UNIT)
    assert sum(one.numel() for one in network.parameters()) == parameters
    assert network.depths().keys() == {name for name, _ in network.named_parameters()}


def test_dinov2_without_a_head_has_the_published_parameters() -> None:
    with torch.device("meta"):
        network = TimmNetwork("dinov2-small", 1000, 518, UNIT)
    head = sum(one.numel() for one in network.model.head.parameters())
    # Published: 22,056,576 with the mask token of 384, which only pretraining uses.
    assert sum(one.numel() for one in network.parameters()) - head == 22_056_576 - 384


# One small network of each kind of head: linear; with a norm; pooled before its last layers; patches; channels last.
FAMILIES = ("resnet18", "densenet121", "efficientnet_lite0", "test_convnext", "mobilenetv3_small_050", "test_vit")


@pytest.mark.parametrize("name", FAMILIES)
def test_the_map_adds_up_to_the_logit_and_says_what_the_network_says(name: str) -> None:
    torch.manual_seed(0)
    network = TimmNetwork(name, 3, 160, UNIT).eval()
    with torch.no_grad():
        network.model.get_classifier().weight.normal_(std=0.5)
        pictures = torch.rand(2, 3, 160, 160)
        logits, pooled, maps = network.explain(pictures)
        assert torch.allclose(logits, network(pictures), rtol=1e-3, atol=1e-4)
    assert torch.allclose(maps.mean((2, 3)), logits, atol=1e-4)
    assert pooled.shape == (2, network.model.num_features) or name.startswith("mobilenetv3")
    assert maps.shape[2] > 1
    assert float(maps.flatten(2).std(2).min()) > 0


def test_a_linear_head_leaves_nothing_but_its_bias_without_a_place() -> None:
    network = TimmNetwork("resnet18", 3, 64, UNIT).eval()
    with torch.no_grad():
        network.model.fc.bias.copy_(torch.tensor([1.0, 2.0, 3.0]))
        pictures = torch.rand(2, 3, 64, 64)
        _, _, maps = network.explain(pictures)
        features = network.model.forward_features(pictures)
        exact = torch.nn.functional.conv2d(features, network.model.fc.weight[:, :, None, None], network.model.fc.bias)
    assert torch.allclose(maps, exact, atol=1e-5)


def test_vgg_reads_224_pixels_only() -> None:
    with torch.device("meta"), pytest.raises(RecipeError, match="224"):
        TimmNetwork("vgg16", 2, 256, UNIT)


def test_a_head_that_cannot_be_taken_apart_is_refused() -> None:
    with pytest.raises(RecipeError, match="taken apart"):
        TimmNetwork("inception_next_atto", 2, 64, UNIT)


def test_names_that_people_use_are_names_of_timm() -> None:
    assert all(timm.is_model(full) for full in SHORT_NAMES.values())
    assert timm_name("resnet19") is None


def test_pretrained_weights_bring_their_scaling() -> None:
    assert pretrained_coloring("resnet50").mean == (0.485, 0.456, 0.406)

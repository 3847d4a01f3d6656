from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from leukoscope.errors import RecipeError
from leukoscope.modeling.networks.building import build_network, check_network, load_weights, network_names
from leukoscope.modeling.networks.mean_head import MeanHead
from leukoscope.modeling.networks.network import Coloring
from leukoscope.modeling.networks.plain import PlainNetwork
from leukoscope.modeling.networks.timm_networks import TimmNetwork
from leukoscope.modeling.recipes import NetworkPart

TINY = {"channels": (4, 4, 4, 4), "output_stride": 16}


def test_each_name_makes_its_kind_of_network() -> None:
    assert isinstance(build_network(NetworkPart(**TINY), 2, 32), MeanHead)
    assert isinstance(build_network(NetworkPart(name="lightweight-cnn"), 2, 64), PlainNetwork)
    with torch.device("meta"):
        assert isinstance(build_network(NetworkPart(name="mobilenetv3-small"), 2, 64), TimmNetwork)
    assert {"mean-head", "roboflow-cnn", "lenet-lld", "cml-1", "dinov2-small"} <= set(network_names())


def test_a_misspelled_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(RecipeError, match="lenet-ldd") as caught:
        build_network(NetworkPart(name="lenet-ldd"), 2, 256)
    assert "lenet-lld" in (caught.value.hint or "")


def test_a_backbone_must_be_one_of_timm_and_is_not_made_to_find_that_out() -> None:
    check_network(NetworkPart(backbone="resnet26"))
    check_network(NetworkPart(name="convnextv2-nano"))
    with pytest.raises(RecipeError, match="There is no backbone 'resnet999'") as caught:
        check_network(NetworkPart(backbone="resnet999"))
    assert "Did you mean resnet" in caught.value.hint


def test_scaling_is_that_of_the_set_or_none() -> None:
    of_set = Coloring((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    scaled = build_network(NetworkPart(name="lightweight-cnn"), 2, 64, of_set)
    assert scaled.mean.flatten().tolist() == pytest.approx([0.1, 0.2, 0.3])
    unit = build_network(NetworkPart(name="lightweight-cnn", scaling="unit"), 2, 64, of_set)
    assert torch.equal(unit.scaled(torch.full((1, 3, 2, 2), 0.25)), torch.full((1, 3, 2, 2), 0.25))


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_weights_of_a_file_are_taken_over_but_for_another_head(tmp_path: Path, suffix: str) -> None:
    torch.manual_seed(0)
    donor = build_network(NetworkPart(**TINY), 5, 32)
    state = {name.removeprefix("backbone."): value for name, value in donor.state_dict().items()}
    path = tmp_path / f"weights{suffix}"
    if suffix == ".pth":
        torch.save({"state_dict": state}, path)
    else:
        save_file(state, path)
    network = build_network(NetworkPart(**TINY, weights=str(path)), 2, 32)
    assert torch.equal(network.state_dict()["backbone.conv1.weight"], donor.state_dict()["backbone.conv1.weight"])
    assert set(load_weights(network, path)) == {"head.weight", "head.bias"}


def test_weights_of_another_network_or_of_none_are_refused(tmp_path: Path) -> None:
    network = build_network(NetworkPart(**TINY), 2, 32)
    save_file({"conv1.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(RecipeError, match="fits 0 of"):
        load_weights(network, tmp_path / "other.safetensors")
    (tmp_path / "no.pth").write_bytes(b"no weights")
    with pytest.raises(RecipeError, match="cannot be read"):
        load_weights(network, tmp_path / "no.pth")


def test_a_plain_network_has_no_pretrained_weights() -> None:
    with pytest.raises(RecipeError, match="no pretrained weights"):
        build_network(NetworkPart(name="cml-1", pretrained=True), 2, 64)

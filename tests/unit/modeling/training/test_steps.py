from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from leukoscope.modeling.networks.network import UNIT
from leukoscope.modeling.networks.plain import PlainNetwork
from leukoscope.modeling.networks.plans import PLANS
from leukoscope.modeling.recipes import Recipe
from leukoscope.modeling.training.steps import freeze_below_head, make_optimizer, make_schedule


@pytest.fixture
def network() -> PlainNetwork:
    return PlainNetwork(PLANS["lightweight-cnn"], 2, 32, UNIT)


@pytest.mark.parametrize(
    ("name", "kind"), [("adamw", torch.optim.AdamW), ("adam", torch.optim.Adam), ("sgd", torch.optim.SGD)]
)
def test_the_optimizer_holds_every_weight_once(
    recipe_of: Callable[..., Recipe], network: PlainNetwork, name: str, kind: type
) -> None:
    optimizer = make_optimizer(network, recipe_of(optimizer=name).training)
    assert type(optimizer) is kind
    held = [id(one) for group in optimizer.param_groups for one in group["params"]]
    assert sorted(held) == sorted(id(one) for one in network.parameters())


def test_biases_and_normalizations_do_not_decay(recipe_of: Callable[..., Recipe], network: PlainNetwork) -> None:
    for group in make_optimizer(network, recipe_of(weight_decay=0.1).training).param_groups:
        assert {one.ndim > 1 for one in group["params"]} == {group["weight_decay"] > 0}


def test_rates_fall_with_the_distance_from_the_head(recipe_of: Callable[..., Recipe], network: PlainNetwork) -> None:
    part = recipe_of(learning_rate=1.0, layer_decay=0.5, schedule="constant").training
    rates = {id(one): group["lr"] for group in make_optimizer(network, part).param_groups for one in group["params"]}
    assert rates[id(network.head.output.weight)] == 1.0
    assert rates[id(network.head.dense1.weight)] == 0.5
    assert rates[id(network.features.conv1.weight)] == 0.5**5
    assert rates[id(network.features.norm1.weight)] == 0.5**5


def test_frozen_layers_keep_weights_and_statistics(network: PlainNetwork) -> None:
    network.train()
    freeze_below_head(network, frozen=True)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    nn.functional.cross_entropy(network(torch.rand(4, 3, 32, 32)), torch.tensor([0, 1, 0, 1])).backward()
    optimizer.step()
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"head.output.weight", "head.output.bias"}
    network.train()
    freeze_below_head(network, frozen=False)
    assert all(one.requires_grad for one in network.parameters())
    assert network.features.norm1.training


def test_schedules_end_low_and_begin_as_said(recipe_of: Callable[..., Recipe], network: PlainNetwork) -> None:
    for name in ("one-cycle", "cosine"):
        optimizer = make_optimizer(network, recipe_of(learning_rate=1.0).training)
        scheduled = make_schedule(optimizer, recipe_of(schedule=name, learning_rate=1.0, warmup=0.2).training, 100)
        assert scheduled is not None
        rates = []
        for _ in range(100):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduled["scheduler"].step()
        assert rates[0] < 0.1
        assert max(rates) == pytest.approx(1, abs=0.02)
        assert rates.index(max(rates)) == pytest.approx(20, abs=2)
        assert rates[-1] < 0.01


def test_a_plateau_lowers_the_rate_and_a_constant_one_has_no_schedule(
    recipe_of: Callable[..., Recipe], network: PlainNetwork
) -> None:
    optimizer = make_optimizer(network, recipe_of(learning_rate=1.0).training)
    scheduled = make_schedule(optimizer, recipe_of(schedule="plateau", plateau_patience=2).training, 10)
    assert scheduled is not None
    for _ in range(4):
        scheduled["scheduler"].step(1.0)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1)
    assert make_schedule(optimizer, recipe_of(schedule="constant").training, 10) is None

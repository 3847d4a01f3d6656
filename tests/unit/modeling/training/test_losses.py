from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from leukoscope.modeling.recipes import Recipe
from leukoscope.modeling.training.losses import focal_loss, loss_of, weights_of_classes

LOGITS = torch.tensor([[2.0, -1.0, 0.5], [0.1, 0.2, 0.3], [-3.0, 1.0, 1.0]])
TARGETS = torch.tensor([0, 2, 1])


def test_focal_loss_without_focus_is_cross_entropy() -> None:
    shares = nn.functional.one_hot(TARGETS, 3).float()
    assert torch.allclose(focal_loss(LOGITS, shares, 0.0), nn.functional.cross_entropy(LOGITS, TARGETS))


def test_focal_loss_counts_right_answers_less() -> None:
    shares = nn.functional.one_hot(TARGETS, 3).float()
    right = LOGITS.softmax(1)[torch.arange(3), TARGETS]
    expected = (-((1 - right) ** 2) * right.log()).mean()
    assert torch.allclose(focal_loss(LOGITS, shares, 2.0), expected)
    assert torch.allclose(focal_loss(LOGITS, shares, 2.0, torch.full((3,), 3.0)), 3 * expected)


def test_weights_make_classes_count_alike() -> None:
    weights = weights_of_classes(torch.tensor([60, 30, 10]))
    assert torch.allclose(weights * torch.tensor([60.0, 30.0, 10.0]), torch.full((3,), 100 / 3))


@pytest.mark.parametrize(
    "part", [{"label_smoothing": 0.1}, {"loss": "focal", "label_smoothing": 0, "focal_gamma": 1.0}]
)
def test_mixed_truths_cost_what_their_parts_cost(recipe_of: Callable[..., Recipe], part: dict[str, object]) -> None:
    training = recipe_of(**part).training
    shares = 0.3 * nn.functional.one_hot(TARGETS, 3) + 0.7 * nn.functional.one_hot(TARGETS.flip(0), 3)
    mixed = loss_of(LOGITS, shares, training)
    parts = 0.3 * loss_of(LOGITS, TARGETS, training) + 0.7 * loss_of(LOGITS, TARGETS.flip(0), training)
    assert torch.allclose(mixed, parts)

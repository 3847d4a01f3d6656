from __future__ import annotations

import pytest
import torch

from leukoscope.modeling.detection.box_head import RoboflowBoxes
from leukoscope.modeling.detection.network import Target
from leukoscope.modeling.networks.network import count_parameters

PUBLISHED_TRUNK = 11_177_216
SIDE = 32


def tiny(classes: int = 2, slots: int = 3) -> RoboflowBoxes:
    torch.manual_seed(0)
    return RoboflowBoxes(classes, slots, SIDE, dropout=0.0)


def test_the_trunk_has_as_many_parameters_as_published() -> None:
    network = RoboflowBoxes(3, 30, 224)
    assert count_parameters(network.trunk) == PUBLISHED_TRUNK
    assert count_parameters(network) == PUBLISHED_TRUNK + 65 * 30 * (4 + 4)


def test_objects_fill_the_slots_in_the_order_of_their_file() -> None:
    boxes = torch.tensor([[0.0, 0, 16, 8], [16, 16, 32, 32]])
    labels, shares = tiny()._slotted([Target(boxes, torch.tensor([1, 0]))])
    assert labels.tolist() == [[1, 0, 2]]
    assert shares[0, :2].tolist() == [[0.25, 0.125, 0.5, 0.25], [0.75, 0.75, 0.5, 0.5]]


def test_more_objects_than_slots_leave_the_last_ones_out() -> None:
    boxes = torch.tensor([[0.0, 0, 8, 8]]).repeat(5, 1)
    assert tiny()._slotted([Target(boxes, torch.zeros(5, dtype=torch.int64))])[0].tolist() == [[0, 0, 0]]


def test_boxes_of_empty_slots_cost_nothing() -> None:
    network, nothing = tiny(), Target(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))
    network.loss(torch.rand(2, 3, SIDE, SIDE), [nothing, nothing]).backward()
    assert network.box_head.weight.grad is None
    assert float(network.class_head.weight.grad.abs().sum()) > 0  # type: ignore[union-attr]


def test_an_answer_has_a_box_a_score_and_a_class_per_slot_and_nothing_is_no_class() -> None:
    network = tiny()
    boxes, scores, labels = network.decode(torch.rand(4, 3, SIDE, SIDE))
    assert boxes.shape == (4, 3, 4)
    assert scores.shape == labels.shape == (4, 3)
    assert int(labels.max()) < 2
    with torch.no_grad():
        network.class_head.bias.view(3, 3)[:, 2] = 50.0
    assert float(network.decode(torch.rand(1, 3, SIDE, SIDE))[1].max()) < 1e-6


def test_one_object_in_one_place_is_learned() -> None:
    network, pictures = tiny(1, 1), torch.rand(8, 3, SIDE, SIDE)
    truth = [Target(torch.tensor([[4.0, 8, 20, 28]]), torch.tensor([0]))] * 8
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(60):
        optimizer.zero_grad()
        network.loss(pictures, truth).backward()
        optimizer.step()
    boxes, scores, _ = network.eval().decode(pictures)
    assert boxes[0, 0].tolist() == pytest.approx([4, 8, 20, 28], abs=1.5)
    assert float(scores.min()) > 0.9

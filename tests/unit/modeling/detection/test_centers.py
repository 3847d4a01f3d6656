from __future__ import annotations

import math

import pytest
import torch

from leukoscope.modeling.detection.center_loss import center_loss, draw_maps
from leukoscope.modeling.detection.centers import STRIDE, Centers, boxes_of
from leukoscope.modeling.detection.network import Target


def target(boxes: list[list[float]], labels: list[int]) -> Target:
    return Target(torch.tensor(boxes, dtype=torch.float32).view(-1, 4), torch.tensor(labels, dtype=torch.int64))


def tiny(classes: int = 2) -> Centers:
    torch.manual_seed(0)
    return Centers(classes, (4, 8, 8, 8, 8), (1, 1, 1, 1), 8)


def test_each_object_peaks_at_the_place_of_its_center_in_the_map_of_its_class() -> None:
    maps = draw_maps(target([[8, 16, 40, 32], [60, 60, 70, 72]], [1, 0]), 2, (24, 24), STRIDE)
    assert maps.heat[1, 24 // 4, 24 // 4] == 1
    assert maps.heat[0, 66 // 4, 65 // 4] == 1
    assert (maps.heat == 1).sum() == 2


def test_where_objects_meet_the_smaller_one_owns_the_place() -> None:
    maps = draw_maps(target([[0, 0, 80, 80], [36, 36, 52, 52]], [0, 0]), 1, (24, 24), STRIDE)
    assert maps.boxes[:, 11, 11].tolist() == [36, 36, 52, 52]
    assert maps.boxes[:, 10, 6].tolist() == [0, 0, 80, 80]


def test_the_weights_of_an_object_sum_to_the_log_of_its_area() -> None:
    maps = draw_maps(target([[8, 16, 40, 32]], [0]), 1, (24, 24), STRIDE)
    assert float(maps.weight.sum()) == pytest.approx(math.log(32 * 16), rel=1e-4)


def test_an_object_smaller_than_a_place_still_has_one() -> None:
    maps = draw_maps(target([[9, 9, 11, 11]], [0]), 1, (8, 8), STRIDE)
    assert maps.heat[0, 2, 2] == 1
    assert (maps.weight > 0).sum() == 1


def test_perfect_maps_cost_next_to_nothing_and_shifted_ones_more() -> None:
    truth = target([[8, 16, 40, 32], [60, 60, 70, 72]], [1, 0])
    maps = draw_maps(truth, 2, (24, 24), STRIDE)
    sure = torch.where(maps.heat == 1, 12.0, torch.logit((maps.heat * 0.999).clamp(1e-6)))[None]
    perfect = float(center_loss(sure, maps.boxes[None], [truth], STRIDE))
    shifted = float(center_loss(sure, maps.boxes[None] + 4, [truth], STRIDE))
    blind = float(center_loss(torch.full_like(sure, -12.0), maps.boxes[None], [truth], STRIDE))
    assert perfect < 0.5
    assert shifted > perfect + 0.5
    assert blind > perfect + 5


def test_a_picture_without_objects_costs_nothing_where_nothing_is_said() -> None:
    logits, boxes = torch.full((1, 2, 8, 8), -12.0), torch.zeros(1, 4, 8, 8)
    assert float(center_loss(logits, boxes, [target([], [])], STRIDE)) < 1e-3


def test_the_box_of_a_place_lies_around_its_middle() -> None:
    boxes = boxes_of(torch.tensor([1.0, 2, 3, 4]).view(1, 4, 1, 1).expand(1, 4, 5, 6))
    assert boxes[0, :, 2, 3].tolist() == [14 - 1, 10 - 2, 14 + 3, 10 + 4]


def test_a_network_starts_nearly_silent_and_answers_for_every_place() -> None:
    network = tiny().eval()
    boxes, scores, labels = network.decode(torch.rand(2, 3, 64, 96))
    assert boxes.shape == (2, 16 * 24, 4)
    assert labels.shape == scores.shape == (2, 16 * 24)
    assert float(scores.detach().max()) < 0.2


def test_every_weight_learns() -> None:
    network = tiny()
    network.loss(torch.rand(2, 3, 64, 64), [target([[8, 8, 40, 40]], [0]), target([[4, 20, 30, 44]], [1])]).backward()
    still = [name for name, one in network.named_parameters() if one.grad is None or not one.grad.abs().sum() > 0]
    # The second normalization of a residual block starts at zero, so what lies before it waits one step.
    assert not [name for name in still if ".first." not in name and ".second.0" not in name and ".second.1" not in name]


def test_the_network_of_the_recipe_fits_into_12_megabytes() -> None:
    network = Centers(3, (24, 32, 64, 128, 192), (2, 2, 2, 1), 64)
    assert sum(one.numel() for one in network.parameters()) * 4 < 11e6

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.ops import batched_nms, box_iou

from leukoscope.domain.regions import Box
from leukoscope.imaging.boxes import iou_matrix, overlaps, suppress


def boxes(seed: int, count: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 50, (count, 2))
    return np.concatenate([corner, corner + rng.uniform(1, 40, (count, 2))], axis=1)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 30), st.integers(0, 20))
def test_overlaps_are_those_of_torchvision_and_of_single_boxes(seed: int, n: int, m: int) -> None:
    first, second = boxes(seed, n), boxes(seed + 1, m)
    overlaps = iou_matrix(first, second)
    np.testing.assert_allclose(overlaps, box_iou(torch.from_numpy(first), torch.from_numpy(second)), atol=1e-12)
    if n and m:
        assert overlaps[0, 0] == Box(*first[0]).iou(Box(*second[0]))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 600), st.booleans())
def test_the_pairs_that_overlap_are_those_of_the_whole_matrix(seed: int, count: int, whole_numbers: bool) -> None:
    some = boxes(seed, count)
    some = some.round() if whole_numbers else some  # so that edges touch, and boxes are the same or without area
    matrix = np.triu(iou_matrix(some, some), 1)
    pairs = overlaps(some)
    found = np.zeros_like(matrix)
    found[np.minimum(pairs.first, pairs.second), np.maximum(pairs.first, pairs.second)] = pairs.iou
    np.testing.assert_allclose(found, matrix, atol=1e-12)
    assert len(pairs.iou) == np.count_nonzero(matrix)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 60), st.sampled_from([0.3, 0.5, 0.7]))
def test_the_boxes_that_stay_are_those_of_torchvision(seed: int, count: int, iou: float) -> None:
    rng = np.random.default_rng(seed)
    some, scores, labels = boxes(seed, count), rng.permutation(count) / max(1, count), rng.integers(0, 3, count)
    expected = batched_nms(torch.from_numpy(some), torch.from_numpy(scores), torch.from_numpy(labels), iou)
    assert suppress(some, scores, labels, iou).tolist() == expected.tolist()

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.domain.objects import Detections, Marked
from leukoscope.evaluation.box_errors import box_errors
from leukoscope.evaluation.boxes import match_pictures


def _boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    corner = rng.integers(0, 20, (count, 2)).astype(float)
    return np.hstack([corner, corner + rng.integers(5, 20, (count, 2))])


@given(st.integers(0, 2**32), st.integers(0, 8), st.integers(0, 8), st.sampled_from((0.3, 0.5, 0.75)))
def test_errors_of_one_picture_are_those_that_average_precision_counts(
    seed: int, found: int, marked: int, iou: float
) -> None:
    rng = np.random.default_rng(seed)
    answer = Detections(_boxes(rng, found), np.sort(rng.random(found))[::-1], rng.integers(0, 2, found))
    truth = Marked(_boxes(rng, marked), rng.integers(0, 2, marked))
    errors = box_errors(answer, truth, iou)
    for label in (0, 1):
        matches = match_pictures([answer], [truth], label, (iou,))
        assert (
            errors.hits[answer.labels == label].sum() == matches.hits.sum() == errors.seen[truth.labels == label].sum()
        )
    assert errors.wrong == (found - errors.hits.sum()) + (marked - errors.seen.sum())
    assert not (errors.renamed & errors.seen).any()


def test_an_object_found_under_another_class_is_told_apart_from_one_that_nothing_saw() -> None:
    marked = Marked(np.array([[0.0, 0, 10, 10], [50, 50, 60, 60]]), np.array([0, 0]))
    found = Detections(np.array([[0.0, 0, 10, 10]]), np.array([0.9]), np.array([1]))
    errors = box_errors(found, marked)
    assert (errors.renamed.tolist(), errors.missed, errors.false) == ([True, False], 2, 1)

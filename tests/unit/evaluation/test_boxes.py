from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.domain.objects import Detections, Marked
from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.boxes import (
    COCO_IOUS,
    average_precision,
    best_threshold,
    box_curve,
    count_error,
    count_error_per_picture,
    count_threshold,
    match_pictures,
    mean_average_precision,
    mean_iou_of_hits,
    mean_iou_of_marked,
    picture_bootstrap,
    recall_at_false,
)

CLASSES = 3


def random_pictures(seed: int, pictures: int = 12) -> tuple[list[Detections], list[Marked]]:
    """Marked objects, and detections that are shifted copies of most of them, besides false ones; some scores tie."""
    rng = np.random.default_rng(seed)
    found, marked = [], []
    for _ in range(pictures):
        n = int(rng.integers(0, 9))
        corner, size = rng.uniform(0, 80, (n, 2)), rng.uniform(8, 30, (n, 2))
        boxes, labels = np.concatenate([corner, corner + size], axis=1), rng.integers(0, CLASSES, n)
        marked.append(Marked(boxes, labels))
        shown = rng.random(n) < 0.8
        moved = boxes[shown] + rng.normal(0, 3, (int(shown.sum()), 4))
        moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
        noise = rng.uniform(0, 80, (int(rng.integers(0, 6)), 2))
        every = np.concatenate([moved, np.concatenate([noise, noise + 15], axis=1)])
        scores = np.sort(rng.integers(0, 20, len(every)) / 20)[::-1]
        order = rng.permutation(len(every))
        kinds = np.concatenate([labels[shown], rng.integers(0, CLASSES, len(noise))])
        found.append(Detections(every[order], scores.copy(), kinds[order]))
    return found, marked


def coco_precisions(found: list[Detections], marked: list[Marked]) -> np.ndarray:
    """Average precision by overlap and class, as the evaluation code of COCO gives it."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    def sides(box: np.ndarray) -> list[float]:
        return [float(box[0]), float(box[1]), float(box[2] - box[0]), float(box[3] - box[1])]

    truth, numbers = COCO(), iter(range(1, 10_000))
    truth.dataset = {
        "images": [{"id": i} for i in range(len(marked))],
        "categories": [{"id": c} for c in range(CLASSES)],
        "annotations": [
            {"id": next(numbers), "image_id": i, "category_id": int(label), "bbox": sides(box), "iscrowd": 0,
             "area": float(np.prod(box[2:] - box[:2]))}
            for i, one in enumerate(marked)
            for box, label in zip(one.boxes, one.labels, strict=True)
        ],
    }  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        answers = [
            {"image_id": i, "category_id": int(label), "bbox": sides(box), "score": float(score)}
            for i, one in enumerate(found)
            for box, label, score in zip(one.boxes, one.labels, one.scores, strict=True)
        ]
        evaluation = COCOeval(truth, truth.loadRes(answers), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation.eval["precision"][:, :, :, 0, 2].mean(axis=1)


@pytest.mark.parametrize("seed", range(12))
def test_average_precision_is_that_of_coco(seed: int) -> None:
    found, marked = random_pictures(seed)
    expected = coco_precisions(found, marked)
    for label in range(CLASSES):
        matches = match_pictures(found, marked, label)
        got = [average_precision(matches, iou) for iou in COCO_IOUS]
        assert got == pytest.approx(expected[:, label], abs=1e-9)
        assert mean_average_precision(matches) == pytest.approx(expected[:, label].mean(), abs=1e-9)


def one_picture(boxes: list[list[float]], scores: list[float], marked: list[list[float]]) -> tuple[Detections, Marked]:
    n, m = len(boxes), len(marked)
    return (
        Detections(np.array(boxes, float).reshape(-1, 4), np.array(scores), np.zeros(n, np.int64)),
        Marked(np.array(marked, float).reshape(-1, 4), np.zeros(m, np.int64)),
    )


def test_an_object_is_hit_once_and_by_the_surest_detection() -> None:
    found, marked = one_picture([[0, 0, 10, 10], [0, 0, 10, 9]], [0.9, 0.8], [[0, 0, 10, 10]])
    matches = match_pictures([found], [marked], 0, (0.5,))
    assert matches.hits.tolist() == [[True, False]]
    assert count_error(matches) == 1.0
    assert count_error_per_picture(matches) == 1.0


def test_a_drawn_picture_counts_as_often_as_it_was_drawn() -> None:
    found, marked = random_pictures(3)
    drawn = np.array([2, 0, 1] * 4)
    again = [place for place, count in enumerate(drawn) for _ in range(count)]
    weighed = match_pictures(found, marked, 0, (0.0, 0.5))
    repeated = match_pictures([found[i] for i in again], [marked[i] for i in again], 0, (0.0, 0.5))
    for figure in (average_precision, mean_iou_of_hits, mean_iou_of_marked):
        assert figure(weighed, 0.5, drawn.astype(float)) == pytest.approx(figure(repeated, 0.5), abs=0.02)
    assert count_error(weighed, drawn.astype(float)) == pytest.approx(count_error(repeated))
    assert count_error_per_picture(weighed, drawn.astype(float)) == pytest.approx(count_error_per_picture(repeated))


def test_overlap_of_missed_objects_counts_as_none() -> None:
    found, marked = one_picture([[0, 0, 10, 5]], [0.9], [[0, 0, 10, 10], [50, 50, 60, 60]])
    matches = match_pictures([found], [marked], 0, (0.0, 0.5))
    assert mean_iou_of_hits(matches, 0.5) == pytest.approx(0.5)
    assert mean_iou_of_marked(matches, 0.0) == pytest.approx(0.25)


def test_a_surer_box_that_touches_nothing_takes_no_object_from_a_true_one() -> None:
    found, marked = one_picture([[50, 50, 60, 60], [0, 0, 10, 9]], [0.99, 0.6], [[0, 0, 10, 10]])
    matches = match_pictures([found], [marked], 0, (0.0, 0.5))
    assert matches.hits.tolist() == [[False, True], [False, True]]
    assert mean_iou_of_marked(matches, 0.0) == pytest.approx(0.9)


def test_a_single_group_has_no_limits() -> None:
    found, marked = random_pictures(3)
    matches = match_pictures(found, marked, 0, (0.5,))

    def precision(weight: np.ndarray) -> float:
        return average_precision(matches, 0.5, weight)

    rng = np.random.default_rng(0)
    assert np.isnan(picture_bootstrap(precision, ["one slide"] * 12, rng)).all()
    low, high = picture_bootstrap(precision, ["one slide"] * 6 + ["another"] * 6, rng)
    assert low < high


def test_a_class_that_is_marked_nowhere_has_no_average_precision() -> None:
    found, marked = one_picture([[0, 0, 10, 5]], [0.9], [[0, 0, 10, 10]])
    matches = match_pictures([found], [marked], 1, (0.5,))
    assert np.isnan(average_precision(matches, 0.5))
    twice = match_pictures([found, found], [marked, marked], 1, (0.5,))
    limits = picture_bootstrap(lambda w: average_precision(twice, 0.5, w), ["a", "b"], np.random.default_rng(0))
    assert np.isnan(limits).all()
    with pytest.raises(InvalidValueError, match="Nothing of this class"):
        box_curve(matches, 0.5)


def test_the_curve_ends_with_all_that_was_found_and_joins_equal_scores() -> None:
    found, marked = one_picture(
        [[0, 0, 10, 10], [40, 0, 50, 10], [20, 0, 30, 10]], [0.9, 0.5, 0.5], [[0, 0, 10, 10], [20, 0, 30, 10]]
    )
    curve = box_curve(match_pictures([found, found], [marked, marked], 0, (0.5,)), 0.5)
    assert curve.threshold.tolist() == [0.9, 0.5]
    assert curve.recall.tolist() == [0.5, 1.0]
    assert curve.precision.tolist() == pytest.approx([1.0, 2 / 3])
    assert curve.false_per_picture.tolist() == [0.0, 1.0]
    assert recall_at_false(curve, 0.5) == 0.5
    assert recall_at_false(curve, 1.0) == 1.0


def test_the_best_threshold_is_the_one_a_search_over_all_scores_finds() -> None:
    found, marked = random_pictures(8)
    matches = [match_pictures(found, marked, label, (0.5,)) for label in range(CLASSES)]
    total = sum(int(one.marked.sum()) for one in matches)

    def f1(threshold: float) -> float:
        sure = [one.above(threshold) for one in matches]
        taken = sum(len(one.scores) for one in sure)
        return 2 * sum(int(one.hits[0].sum()) for one in sure) / (taken + total)

    chosen = best_threshold(matches, 0.5)
    assert f1(chosen) == max(f1(score) for one in matches for score in one.scores)


def test_where_nothing_is_hit_the_threshold_lets_nothing_through() -> None:
    found, marked = one_picture([[0, 0, 10, 10]], [0.9], [[50, 50, 60, 60]])
    assert best_threshold([match_pictures([found], [marked], 0, (0.5,))], 0.5) == 1.0


def test_the_threshold_for_counting_tells_as_many_as_are_marked() -> None:
    found, marked = random_pictures(8)
    matches = match_pictures(found, marked, 0, (0.5,))
    threshold = count_threshold(matches)
    wanted = min(int(matches.marked.sum()), len(matches.scores))
    assert int((matches.scores > threshold).sum()) < wanted <= len(matches.above(threshold).scores)  # scores may tie
    assert count_threshold(match_pictures([found[0]], [Marked(np.zeros((0, 4)), np.zeros(0, np.int64))], 0)) == 1.0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_figures_stay_in_their_ranges_and_fall_with_the_overlap_asked_for(seed: int) -> None:
    found, marked = random_pictures(seed, 4)
    matches = match_pictures(found, marked, 0)
    if not matches.marked.sum():
        return
    values = [average_precision(matches, iou) for iou in COCO_IOUS]
    assert all(0 <= value <= 1 for value in values)
    assert matches.hits.sum(axis=1).tolist() == sorted(matches.hits.sum(axis=1).tolist(), reverse=True)
    assert (matches.hits.sum(axis=1) <= matches.marked.sum()).all()


def test_limits_are_those_of_pictures_not_of_boxes() -> None:
    # Ten alike pictures: whichever are drawn, the figure is the same, though their boxes differ.
    found, marked = one_picture([[0, 0, 10, 10], [40, 0, 50, 10]], [0.9, 0.8], [[0, 0, 10, 10], [70, 70, 80, 80]])
    matches = match_pictures([found] * 10, [marked] * 10, 0, (0.5,))
    drawn = []

    def precision(weight: np.ndarray) -> float:
        drawn.append(weight)
        return average_precision(matches, 0.5, weight)

    low, high = picture_bootstrap(precision, ["a"] * 5 + ["b"] * 5, np.random.default_rng(0), rounds=50)
    assert {tuple(weight) for weight in drawn} == {(a,) * 5 + (2 - a,) * 5 for a in (0, 1, 2)}
    assert low == high == average_precision(matches, 0.5)


def test_unequal_numbers_of_pictures_are_refused() -> None:
    found, marked = random_pictures(1)
    with pytest.raises(InvalidValueError, match="12 answers cannot be held against 11 pictures"):
        match_pictures(found, marked[1:], 0)

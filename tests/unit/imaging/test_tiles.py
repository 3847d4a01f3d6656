from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.errors import InvalidValueError
from leukoscope.imaging.tiles import LARGEST, DetectorView, RawBoxes, cut_tiles, join_tiles, plan_tiles

VIEW = DetectorView(96, 96, "tiles", 0.2, overlap_px=40, score_floor=0.3, nms_iou=0.5, max_objects=500)
ANY = DetectorView(96, 96, "tiles", 0.2, overlap_px=40, score_floor=0.3, nms_iou=0.5, max_objects=500, multiple_px=32)
WHOLE = DetectorView(64, 64, "whole", None, overlap_px=0, score_floor=0.3, nms_iou=0.5, max_objects=500)


def see(truth: np.ndarray, width: int, height: int, view: DetectorView, pixel_size_um: float | None) -> RawBoxes:
    """What a perfect detector says: in each tile the visible part of each object, if half of it is visible."""
    plan = plan_tiles(width, height, view, pixel_size_um)
    factor = np.array([plan.scaled_width / width, plan.scaled_height / height] * 2)
    k = max(1, len(truth))
    boxes, scores = np.zeros((len(plan.corners), k, 4), np.float32), np.zeros((len(plan.corners), k), np.float32)
    for tile, (x, y) in enumerate(plan.corners):
        moved = truth * factor - (x, y, x, y)
        seen = np.clip(moved, 0, (plan.tile_width, plan.tile_height) * 2)
        share = np.prod(np.clip(seen[:, 2:] - seen[:, :2], 0, None), axis=1) / np.prod(
            moved[:, 2:] - moved[:, :2], axis=1
        )
        boxes[tile, : len(truth)], scores[tile, : len(truth)] = seen, np.where(share > 0.3, 0.5 + share / 2, 0)
    return RawBoxes(boxes, scores, np.zeros(scores.shape, np.int64))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(20, 900), st.integers(20, 500), st.sampled_from([0.1, 0.2, 0.37]),
       st.sampled_from([VIEW, ANY]))  # fmt: skip
def test_every_object_is_told_once_whatever_the_seams(
    seed: int, width: int, height: int, size_um: float, view: DetectorView
) -> None:
    rng = np.random.default_rng(seed)
    side = 36 * 0.2 / size_um  # in the picture; smaller than the overlap where tiles are cut
    if side >= min(width, height):
        return
    columns, rows = int(width // (1.2 * side)), int(height // (1.2 * side))
    cells = [(x, y) for x in range(columns) for y in range(rows) if rng.random() < 0.7]
    corner = np.array(cells, float).reshape(-1, 2) * 1.2 * side
    truth = np.concatenate([corner, corner + side], axis=1)
    plan = plan_tiles(width, height, view, size_um)
    found = join_tiles(see(truth, width, height, view, size_um), plan, view)
    assert len(found) == len(truth)
    order = np.lexsort((found.boxes[:, 1].round(), found.boxes[:, 0].round()))
    expected = truth[np.lexsort((truth[:, 1].round(), truth[:, 0].round()))]
    if len(truth):
        np.testing.assert_allclose(np.sort(found.boxes[:, 0]), np.sort(expected[:, 0]), atol=0.01 * side)
        np.testing.assert_allclose(np.sort(found.boxes[order][:, 3]), np.sort(expected[:, 3]), atol=0.01 * side)


def test_a_part_of_a_cell_whose_box_stops_short_of_the_seam_is_not_told_besides_the_whole_cell() -> None:
    plan = plan_tiles(150, 96, VIEW, 0.2)
    assert plan.corners == ((0, 0), (54, 0))
    raw = RawBoxes(
        np.array([[[70, 30, 92, 66]], [[16, 30, 52, 66]]], np.float32),  # 70 to 92 of 70 to 106, and all of it
        np.array([[0.9], [0.8]], np.float32),
        np.zeros((2, 1), np.int64),
    )
    assert join_tiles(raw, plan, VIEW).boxes.tolist() == [[70, 30, 106, 66]]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 1900), st.integers(1, 700), st.sampled_from([VIEW, ANY]))
def test_tiles_cover_the_picture_and_overlap_as_asked(width: int, height: int, view: DetectorView) -> None:
    plan = plan_tiles(width, height, view, 0.2)
    sides = (
        (width, plan.tile_width, {x for x, _ in plan.corners}),
        (height, plan.tile_height, {y for _, y in plan.corners}),
    )
    for side, tile, starts in sides:
        ordered = sorted(starts)
        assert ordered[0] == 0
        assert ordered[-1] + tile >= side
        assert all(after - before <= tile - 40 for before, after in pairwise(ordered))


@given(st.integers(1, 5000))
def test_tiles_of_any_size_are_few_and_hardly_larger_than_the_picture(width: int) -> None:
    plan = plan_tiles(width, 10, ANY, 0.2)
    assert plan.tile_width % 32 == plan.tile_height % 32 == 0
    assert plan.tile_width <= LARGEST
    assert plan.tile_width * len(plan.corners) - 40 * (len(plan.corners) - 1) < width + 32 * len(plan.corners)


def test_a_tile_shows_its_part_of_a_picture_that_is_scaled() -> None:
    pixels = np.repeat(np.arange(0, 250, 2, dtype=np.uint8)[None, :, None], 80, axis=0).repeat(3, axis=2)
    plan = plan_tiles(125, 80, VIEW, 0.4)
    tiles = cut_tiles(pixels, plan)
    for tile, (x, _) in zip(tiles, plan.corners, strict=True):
        assert abs(int(tile[50, 50, 0]) - (x + 50)) <= 2


def test_what_reaches_past_the_picture_has_the_color_of_its_glass() -> None:
    pixels = np.full((50, 60, 3), (230, 220, 240), np.uint8)
    pixels[10:20, 10:20] = 30
    tiles = cut_tiles(pixels, plan_tiles(60, 50, VIEW, 0.2))
    assert tiles.shape == (1, 96, 96, 3)
    assert (tiles[0, 50:] == (230, 220, 240)).all()
    assert (tiles[0, :, 60:] == (230, 220, 240)).all()
    np.testing.assert_array_equal(tiles[0, :50, :60], pixels)


def test_boxes_of_a_squeezed_picture_come_back_in_its_own_pixels() -> None:
    plan = plan_tiles(640, 480, WHOLE)
    raw = RawBoxes(np.array([[[0, 0, 32, 32]]], np.float32), np.array([[0.9]], np.float32), np.zeros((1, 1), np.int64))
    assert join_tiles(raw, plan, WHOLE).boxes.tolist() == [[0, 0, 320, 240]]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_boxes_that_are_no_numbers_or_have_no_area_are_dropped(bad: float) -> None:
    raw = RawBoxes(
        np.array([[[0, 0, bad, 32], [70, 70, 90, 90], [10, 10, 10, 20], [1, 2, 3, 4]]], np.float32),
        np.array([[0.9, 0.8, 0.7, 0.1]], np.float32),
        np.zeros((1, 4), np.int64),
    )
    assert len(join_tiles(raw, plan_tiles(64, 64, WHOLE), WHOLE)) == 0


def test_a_wrong_pixel_size_asks_for_no_thousands_of_tiles() -> None:
    with pytest.raises(InvalidValueError, match="too many tiles"):
        plan_tiles(1280, 960, ANY, 5)
    assert len(plan_tiles(1280, 960, ANY, 0.8).corners) < 128


def test_a_platelet_of_a_picture_at_a_fifth_of_its_size_is_told_once_although_two_tiles_place_it_apart() -> None:
    plan = plan_tiles(30, 19, VIEW, 1.0)
    assert plan.corners == ((0, 0), (54, 0))
    raw = RawBoxes(
        np.array([[[70, 30, 80, 40]], [[19, 33, 29, 43]]], np.float32),  # the second is 3 aside and 3 below: IoU 0.32
        np.array([[0.9], [0.8]], np.float32),
        np.zeros((2, 1), np.int64),
    )
    assert len(join_tiles(raw, plan, VIEW)) == 1
    apart = RawBoxes(raw.boxes, raw.scores, np.array([[0], [1]]))
    assert len(join_tiles(apart, plan, VIEW)) == 2


def test_two_small_objects_of_one_tile_stay_two_however_near_they_are() -> None:
    plan = plan_tiles(150, 96, VIEW, 0.2)
    raw = RawBoxes(
        np.array([[[10, 30, 20, 40], [14, 33, 24, 43]], [[0, 0, 1, 1]] * 2], np.float32),
        np.array([[0.9, 0.8], [0.0, 0.0]], np.float32),
        np.zeros((2, 2), np.int64),
    )
    assert len(join_tiles(raw, plan, VIEW)) == 2


def test_the_surest_object_is_told_first_whichever_tile_shows_it() -> None:
    plan = plan_tiles(150, 96, VIEW, 0.2)
    raw = RawBoxes(
        np.array([[[5, 5, 25, 25]], [[70, 60, 90, 80]]], np.float32),
        np.array([[0.5], [0.9]], np.float32),
        np.zeros((2, 1), np.int64),
    )
    np.testing.assert_allclose(join_tiles(raw, plan, VIEW).scores, [0.9, 0.5], rtol=1e-6)

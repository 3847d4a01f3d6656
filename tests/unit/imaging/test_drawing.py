from __future__ import annotations

import io
import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from leukoscope.domain.regions import Box
from leukoscope.errors import InvalidValueError
from leukoscope.imaging.drawing import PAD, crop, heat_overlay, overlay, shrink, to_jpeg, to_png


@pytest.fixture(scope="module")
def picture():
    rng = np.random.default_rng(1)
    return cv2.GaussianBlur(rng.integers(0, 256, (120, 200, 3), dtype=np.uint8), (0, 0), 4)


def test_png_is_without_loss_and_keeps_red_red(picture):
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(to_png(picture)))), picture)


def test_jpeg_is_close_and_keeps_red_red():
    red = np.full((32, 48, 3), (220, 30, 40), np.uint8)
    decoded = np.asarray(Image.open(io.BytesIO(to_jpeg(red, 90))))

    assert decoded.shape == red.shape
    assert np.abs(decoded.astype(int) - red).max() < 8


def test_a_strided_view_is_encoded_as_it_is_seen(picture):
    turned = np.rot90(picture)

    assert np.array_equal(np.asarray(Image.open(io.BytesIO(to_png(turned)))), turned)


@pytest.mark.parametrize("quality", [0, 101])
def test_a_quality_outside_its_range_is_refused(picture, quality):
    with pytest.raises(InvalidValueError, match="between 1 and 100"):
        to_jpeg(picture, quality)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 300))
def test_shrinking_never_enlarges_and_keeps_the_longer_side(width, height, most):
    small = shrink(np.zeros((height, width, 3), np.uint8), most)

    assert max(small.shape[:2]) == min(most, max(width, height))
    assert min(small.shape[:2]) >= 1


def test_a_turned_picture_is_shrunk_like_a_copy_of_it_but_not_copied():
    rng = np.random.default_rng(2)
    pixels = cv2.GaussianBlur(rng.integers(0, 256, (1500, 2300, 3), dtype=np.uint8), (0, 0), 12)
    turned = np.rot90(pixels)
    tracemalloc.start()
    try:
        small = shrink(turned, 500)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    straight = shrink(np.ascontiguousarray(turned), 500)

    assert small.shape == straight.shape
    assert np.abs(small.astype(int) - straight).max() <= 6
    assert peak < pixels.nbytes / 2


def test_a_crop_shows_what_is_inside_the_window():
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[20:40, 50:70] = 200

    assert (crop(pixels, Box(50, 20, 70, 40), 20) == 200).all()


def test_past_the_edge_a_crop_is_gray():
    seen = crop(np.zeros((50, 50, 3), np.uint8), Box(-10, -10, 10, 10), 20)

    assert (seen[:10] == PAD).all()
    assert (seen[:, :10] == PAD).all()
    assert (seen[10:, 10:] == 0).all()


def test_a_window_wholly_outside_is_all_gray():
    assert (crop(np.zeros((50, 50, 3), np.uint8), Box(80, 80, 90, 90), 16) == PAD).all()


corner = st.floats(-60, 260)


@given(corner, corner, st.floats(0.1, 300), st.floats(0.1, 300), st.integers(1, 96))
def test_every_window_gives_a_square_of_the_side_asked_for(x, y, width, height, side):
    pixels = np.zeros((90, 160, 3), np.uint8)

    assert crop(pixels, Box(x, y, x + width, y + height), side).shape == (side, side, 3)


def test_a_heat_map_changes_only_where_it_is_strong(picture):
    heat = np.zeros((6, 10), np.float32)
    heat[:, 7:] = 1
    seen = overlay(picture, heat)

    assert np.array_equal(seen[:, :100], picture[:, :100])
    assert (np.abs(seen[:, 170:].astype(int) - picture[:, 170:]).sum(axis=2) > 20).mean() > 0.9


def test_the_cell_stays_visible_below_the_strongest_heat():
    checkered = np.tile(np.repeat([[0], [255]], 10, axis=0), (5, 100)).astype(np.uint8)
    pixels = np.repeat(checkered[:, :, None], 3, axis=2)
    seen = overlay(pixels, np.ones((4, 4), np.float32)).astype(int)

    assert seen[15, 50].sum() - seen[5, 50].sum() > 150


def test_a_heat_map_lies_over_its_window_also_past_the_edge():
    heat = np.ones((4, 4), np.float32)
    seen = heat_overlay(np.zeros((50, 50, 3), np.uint8), Box(-10, 0, 30, 40), heat, 40)

    assert seen.shape == (40, 40, 3)
    assert seen[20, 30].sum() > 100

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.data.copies.placement import Placement
from leukoscope.data.copies.verification import agreement, inverse
from leukoscope.synthetic import draw_field


def _glass(seed: int) -> np.ndarray:
    drawn = draw_field(np.random.default_rng(seed), width=300, height=300, pixel_size_um=0.3, cells={})
    return np.ascontiguousarray(drawn.pixels[..., 1])


@pytest.fixture(scope="module")
def glass() -> np.ndarray:
    return _glass(1)


def _shift(down: int, right: int) -> Placement:
    return Placement(False, ((1.0, 0.0, float(right)), (0.0, 1.0, float(down))))


@given(st.integers(0, 100), st.integers(0, 100))
@settings(max_examples=15, deadline=None)
def test_a_shifted_picture_agrees_where_it_was_taken_from(down: int, right: int) -> None:
    glass = _glass(1)
    found = agreement(glass[:180, :180], glass[down : down + 180, right : right + 180], _shift(down, right))
    assert found.typical > 0.99
    assert found.overlap == pytest.approx((180 - down) * (180 - right) / 180**2, abs=0.02)


@given(st.integers(-3, 3), st.integers(-3, 3))
@settings(max_examples=10, deadline=None)
def test_a_placement_that_is_some_pixels_off_is_mended(down: int, right: int) -> None:
    glass = _glass(1)
    found = agreement(glass[:180, :180], glass[40:220, 30:210], _shift(40 + down, 30 + right))
    assert found.typical > 0.99
    assert found.shift == (40, 30)


def test_other_fields_do_not_agree(glass: np.ndarray) -> None:
    assert agreement(glass, _glass(2), _shift(0, 0)).typical < 0.3


def test_a_shared_scale_bar_alone_does_not_agree(glass: np.ndarray) -> None:
    bar = np.random.default_rng(0).integers(0, 2, (6, 10)).repeat(9, axis=0).repeat(9, axis=1).astype(np.uint8) * 255
    one, other = glass.copy(), _glass(2)
    one[-54:, -90:] = bar
    other[-54:, -90:] = bar
    found = agreement(one, other, _shift(0, 0))
    assert found.similarity > 0.4  # the bar is the strongest thing in both
    assert found.typical < 0.3


def test_a_copy_with_another_scale_bar_still_agrees(glass: np.ndarray) -> None:
    other = glass.copy()
    other[-30:, -120:] = 255
    other[-18:-12, -110:-10] = 0
    assert agreement(glass, other, _shift(0, 0)).typical > 0.95


@pytest.mark.parametrize("scale", [0.6, 1.0, 1.5])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_placement_and_its_inverse_say_the_same(glass: np.ndarray, scale: float, mirrored: bool) -> None:
    window = glass[50:200, 40:240]
    second = cv2.resize(window, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
    second = np.ascontiguousarray(second[:, ::-1]) if mirrored else second
    placed = Placement(mirrored, ((scale, 0.0, 40.0), (0.0, scale, 50.0)))
    there = agreement(glass, second, placed)
    back = agreement(second, glass, inverse(placed, glass.shape[1], second.shape[1]))
    assert there.typical > 0.9
    assert back.typical > 0.9
    assert there.overlap == pytest.approx(1, abs=0.03)
    assert back.overlap == pytest.approx(1, abs=0.03)


def _cell_on_black(glass: np.ndarray, radius: int) -> np.ndarray:
    """A round part of a field, cut out; not quite round, so that outlines can be told apart."""
    down, right = np.mgrid[-90:90, -90:90]
    bumps = 1 + 0.08 * np.sin(3 * np.arctan2(down, right))
    return np.where(np.hypot(down, right) < radius * bumps, glass[:180, :180] // 2 + 40, 0).astype(np.uint8)


def test_cut_out_cells_of_one_outline_do_not_agree_but_one_cell_cut_out_twice_does(glass: np.ndarray) -> None:
    one = _cell_on_black(glass, 60)
    assert agreement(one, _cell_on_black(_glass(2), 60), _shift(0, 0)).similarity < 0.4
    assert agreement(one, _cell_on_black(glass, 57), _shift(0, 0)).similarity > 0.7


def test_a_scale_bar_burnt_into_the_black_does_not_outweigh_the_cell(glass: np.ndarray) -> None:
    one = _cell_on_black(glass, 60)
    other = one.copy()
    other[160:175, 130:175] = 255
    assert agreement(one, other, _shift(0, 0)).similarity > 0.9

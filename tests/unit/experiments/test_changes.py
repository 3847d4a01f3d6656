from __future__ import annotations

import numpy as np
import pytest

from leukoscope.experiments.changes import (
    color_statistics,
    paint_corner,
    scale_saturation,
    shift_brightness,
    turn_hue,
)


def _plain(color: tuple[int, int, int]) -> np.ndarray:
    return np.full((2, 20, 30, 3), color, np.uint8)


def test_a_turned_hue_shows_in_the_color_statistics() -> None:
    purple = _plain((120, 60, 140))
    before, after = color_statistics(purple), color_statistics(turn_hue(30)(purple))
    assert (after.hue_degrees - before.hue_degrees) % 360 == pytest.approx(30, abs=2)


@pytest.mark.parametrize(("color", "hue"), [((255, 0, 0), 0), ((0, 255, 0), 120), ((0, 0, 255), 240)])
def test_pure_colors_have_their_hue(color: tuple[int, int, int], hue: float) -> None:
    found = color_statistics(_plain(color))
    assert found.hue_degrees == pytest.approx(hue, abs=1e-6)
    assert (found.saturation, found.value) == (1, 1)


def test_the_darkest_pixels_are_the_nuclei() -> None:
    image = _plain((240, 240, 240))
    image[:, :2] = (80, 20, 120)
    assert color_statistics(image, darkest=0.1).hue_degrees == pytest.approx(276, abs=2)
    assert color_statistics(image).value > 0.8


def test_saturation_is_scaled_around_gray() -> None:
    gray = _plain((90, 90, 90))
    assert (scale_saturation(1.5)(gray) == gray).all()
    assert (scale_saturation(0)(_plain((200, 100, 50))).std(axis=3) == 0).all()


def test_brightness_stops_at_white() -> None:
    assert (shift_brightness(0.1)(_plain((250, 100, 0))) == (255, 126, 26)).all()


def test_only_the_corner_is_painted() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 20, 30, 3)).astype(np.uint8)
    painted = paint_corner(0.8, 0.7, (1, 2, 3))(images)
    assert (painted[:, 16:, 21:] == (1, 2, 3)).all()
    assert (painted[:, :16] == images[:, :16]).all()
    assert (painted[:, :, :21] == images[:, :, :21]).all()
    median = paint_corner(0.8, 0.7, None)(images)
    assert np.abs(median[0, 19, 29] - np.median(images[0], axis=(0, 1))).max() < 1

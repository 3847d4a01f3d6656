from __future__ import annotations

import numpy as np
import pytest

from leukoscope.imaging.color import estimate_background, optical_density, purpleness

GLASS = (240, 230, 200)


def test_the_background_is_the_glass_even_where_red_cells_cover_more() -> None:
    pixels = np.full((100, 100, 3), (200, 150, 140), np.uint8)
    pixels[:35] = GLASS
    pixels[0, :5] = 255  # glints
    assert estimate_background(pixels) == pytest.approx(GLASS, abs=1)


def test_a_black_frame_is_no_background() -> None:
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[40:60, 40:60] = GLASS
    assert estimate_background(pixels) == pytest.approx(GLASS, abs=1)


def test_blown_out_glass_counts_as_glass() -> None:
    pixels = np.full((60, 60, 3), 255, np.uint8)
    pixels[:20] = (150, 150, 160)
    assert estimate_background(pixels) == (255.0, 255.0, 255.0)


def test_nuclei_are_purple_and_red_cells_are_not() -> None:
    pixels = np.array([[(90, 60, 150), (210, 160, 130), GLASS]], np.uint8)
    nucleus, red_cell, glass = purpleness(optical_density(pixels, GLASS))[0]
    assert nucleus > 0.6
    assert red_cell < 0.1
    assert glass == pytest.approx(0, abs=1e-5)


def test_red_cells_that_took_up_stain_are_told_by_their_own_color() -> None:
    density = np.array([[(0.5, 0.75, 0.4)]], np.float32)
    ray = tuple((density[0, 0] / np.linalg.norm(density[0, 0])).tolist())
    assert purpleness(density)[0, 0] > 0.3
    assert abs(purpleness(density, ray)[0, 0]) < 0.05

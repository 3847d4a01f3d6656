from __future__ import annotations

import numpy as np
import pytest

from fakes.known_cells import disk, masks
from leukoscope.imaging.measurements import measure_cell

SIDE = 150
CELL, NUCLEUS = disk(SIDE, 60), disk(SIDE, 45)


def chromatin_of(green: np.ndarray | float) -> dict[str, float]:
    """Of a nucleus of a given level of green, on glass of 240."""
    pixels = np.full((SIDE, SIDE, 3), 240, np.uint8)
    pixels[CELL] = (210, 180, 200)
    levels = np.broadcast_to(np.asarray(green), (SIDE, SIDE))
    pixels[NUCLEUS] = np.stack([np.full_like(levels, 90), levels, np.full_like(levels, 130)], -1)[NUCLEUS]
    return measure_cell(pixels, masks(CELL, NUCLEUS), None, topics=["chromatin"])


def checkered(size: int) -> np.ndarray:
    steps = np.arange(SIDE) // size
    return np.where((steps[:, None] + steps) % 2 > 0, 40, 100)


def test_even_chromatin_is_even():
    values = chromatin_of(60)
    assert values["chromatin_density"] == pytest.approx(np.log(248 / 68), rel=1e-3)
    assert values["chromatin_heterogeneity"] == pytest.approx(0, abs=1e-3)
    assert (values["chromatin_condensed"], values["chromatin_open"]) == (0, 0)
    assert values["chromatin_margination"] == pytest.approx(0, abs=1e-3)
    assert "chromatin_fineness" not in values


def test_two_levels_in_equal_parts_give_their_heterogeneity():
    dense, pale = np.log(248 / 48), np.log(248 / 108)
    values = chromatin_of(checkered(2))
    assert values["chromatin_heterogeneity"] == pytest.approx((dense - pale) / (dense + pale), rel=0.03)
    assert values["chromatin_condensed"] == pytest.approx(0.5, abs=0.03)
    assert values["chromatin_open"] == pytest.approx(0.5, abs=0.03)


def test_fine_grain_is_finer_than_clumps():
    fine, middle, coarse = (chromatin_of(checkered(size))["chromatin_fineness"] for size in (2, 8, 20))
    assert fine > 0.9 > middle > coarse
    assert coarse < 0.4


def test_chromatin_at_the_border_is_marginated():
    at_border = np.where(disk(SIDE, 33), 100, 40)
    in_middle = np.where(disk(SIDE, 33), 40, 100)
    assert chromatin_of(at_border)["chromatin_margination"] < -0.05
    assert chromatin_of(in_middle)["chromatin_margination"] > 0.05


def test_without_nucleus_there_is_no_chromatin():
    pixels = np.full((SIDE, SIDE, 3), 200, np.uint8)
    assert measure_cell(pixels, masks(CELL), None, topics=["chromatin"]) == {}

from __future__ import annotations

import numpy as np
import pytest

from leukoscope.imaging.scale import estimate_pixel_size
from leukoscope.synthetic import draw_field


@pytest.mark.parametrize("size_um", [0.1, 0.125, 0.2, 0.25])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_pixel_size_of_a_drawn_field_is_within_five_percent(size_um: float, seed: int) -> None:
    cells = {"lymphocyte": 2, "neutrophil": 2}
    field = draw_field(np.random.default_rng(seed), pixel_size_um=size_um, cells=cells)
    found = estimate_pixel_size(field.pixels)
    assert found is not None
    assert found.source == "estimated"
    assert found.um == pytest.approx(size_um, rel=0.05)


def test_too_few_red_cells_give_no_estimate() -> None:
    field = draw_field(np.random.default_rng(1), width=480, height=360, cells={"lymphocyte": 1}, red_cells=6)
    assert estimate_pixel_size(field.pixels) is None


@pytest.mark.parametrize("level", [0, 255])
def test_an_empty_picture_gives_no_estimate(level: int) -> None:
    assert estimate_pixel_size(np.full((60, 80, 3), level, np.uint8)) is None

import numpy as np
import pytest

from leukoscope.synthetic.red_cells import (
    RED_CELL_DIAMETER_UM,
    paint_platelet,
    paint_red_cell,
    paint_speck,
    plan_platelet,
    plan_red_cell,
    plan_speck,
)
from leukoscope.synthetic.shapes import Patch
from leukoscope.synthetic.style import StainStyle


def test_red_cells_are_seven_micrometers_across_on_average() -> None:
    sizes = [2 * plan_red_cell(np.random.default_rng(seed)).radius_um for seed in range(300)]
    assert np.median(sizes) == pytest.approx(RED_CELL_DIAMETER_UM, rel=0.02)
    assert min(sizes) > 5.5
    assert max(sizes) < 9


def middle_to_ring(pallor: float) -> float:
    rng = np.random.default_rng(4)
    outline = plan_red_cell(rng)
    patch = Patch.around((0, 0), outline.reach_um, 0.1)
    _, absorbance = paint_red_cell(rng, outline, patch, StainStyle(), pallor=pallor)
    away = np.hypot(patch.x, patch.y) / outline.radius_um
    green = absorbance[..., 1]
    return float(green[away < 0.1].mean() / green[(away > 0.65) & (away < 0.75)].mean())


def test_the_middle_of_a_red_cell_is_as_pale_as_asked() -> None:
    assert middle_to_ring(0.8) < 0.5 < 0.8 < middle_to_ring(0.0)


def test_platelets_are_small_and_lilac_and_always_have_a_core() -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        outline = plan_platelet(rng)
        patch = Patch.around((0, 0), outline.reach_um + 0.4, 0.1)
        cover, absorbance = paint_platelet(rng, outline, patch, StainStyle())
        assert cover[np.hypot(patch.x, patch.y) < 0.3].min() > 0.5
        assert 0.9 < 2 * np.sqrt(cover.sum() * 0.01 / np.pi) < 4.5
        red, green, blue = absorbance[cover == 1].mean(axis=0)
        assert green > red > blue


def test_a_speck_is_smaller_than_a_platelet_and_dark() -> None:
    rng = np.random.default_rng(1)
    outline = plan_speck(rng)
    patch = Patch.around((0, 0), outline.reach_um + 0.2, 0.05)
    cover, absorbance = paint_speck(rng, outline, patch, StainStyle())
    assert 0 < cover.sum() * 0.0025 < 1.2
    assert absorbance.max() > 0.3

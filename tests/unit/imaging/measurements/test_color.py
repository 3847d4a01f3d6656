from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import rgb2lab

from fakes.known_cells import disk, masks
from leukoscope.imaging.measurements import measure_cell


def color_of(pixels, cell, nucleus=None):
    return measure_cell(pixels, masks(cell, nucleus), None, topics=["color"])


def flat(color, side=80):
    """A cell of one color on glass of 240."""
    cell = disk(side, side * 0.35)
    pixels = np.full((side, side, 3), 240, np.uint8)
    pixels[cell] = color
    return pixels, cell


def test_a_color_is_told_in_four_ways():
    pixels, cell = flat((100, 50, 150))
    values = color_of(pixels, cell)
    lightness, lab_a, lab_b = rgb2lab(np.array([[[100, 50, 150]]], np.uint8))[0, 0]  # scikit-image has its own
    expected = {
        "red": 100, "green": 50, "blue": 150,
        "hue": 270, "saturation": 100 / 150, "value": 150 / 255,
        "lightness": lightness, "lab_a": lab_a, "lab_b": lab_b,
        "od_red": math.log(248 / 108), "od_green": math.log(248 / 58), "od_blue": math.log(248 / 158),
    }  # fmt: skip
    for name, value in expected.items():
        assert values[f"cytoplasm_{name}_mean"] == pytest.approx(value, rel=5e-3), name
        assert values[f"cytoplasm_{name}_sd"] == pytest.approx(0, abs=1e-3), name


def test_one_color_has_no_skewness_and_no_nucleus_no_color():
    values = color_of(*flat((100, 50, 150)))
    assert not [name for name in values if name.endswith("_skew") or name.startswith("nucleus")]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), low=st.integers(20, 100), high=st.integers(120, 220))
def test_moments_are_those_of_numpy(seed, low, high):
    rng = np.random.default_rng(seed)
    cell = np.ones((60, 60), dtype=bool)
    pixels = rng.integers(low, high, (60, 60, 3)).astype(np.uint8)
    values = color_of(pixels, cell)
    seen = pixels[1:-1, 1:-1, 1].astype(float)  # the rim, a 50th of the diameter, is left out
    assert values["cytoplasm_green_mean"] == pytest.approx(seen.mean())
    assert values["cytoplasm_green_sd"] == pytest.approx(seen.std())
    assert values["cytoplasm_green_skew"] == pytest.approx((((seen - seen.mean()) / seen.std()) ** 3).mean())


def test_hues_on_both_sides_of_red_have_red_in_the_middle():
    pixels, cell = flat((200, 100, 100))
    half = cell.copy()
    half[:, :40] = False
    pixels[half] = (200, 100, 110)
    pixels[cell & ~half] = (200, 110, 100)
    values = color_of(pixels, cell)
    assert min(values["cytoplasm_hue_mean"], 360 - values["cytoplasm_hue_mean"]) < 1
    assert 4 < values["cytoplasm_hue_sd"] < 8


def test_dimmer_light_changes_levels_but_hardly_densities():
    bright, cell = flat((180, 120, 170))
    dim = np.round((bright.astype(float) + 8) * 0.8 - 8).astype(np.uint8)
    one, other = color_of(bright, cell), color_of(dim, cell)
    assert other["cytoplasm_green_mean"] < one["cytoplasm_green_mean"] - 20
    assert other["cytoplasm_od_green_mean"] == pytest.approx(one["cytoplasm_od_green_mean"], abs=0.02)


def test_the_blurred_rim_between_nucleus_and_cytoplasm_belongs_to_neither():
    cell, nucleus = disk(120, 50), disk(120, 30)
    pixels = np.full((120, 120, 3), 240, np.uint8)
    pixels[cell], pixels[nucleus] = (210, 180, 200), (90, 40, 130)
    pixels[nucleus & ~disk(120, 28.5)] = (0, 255, 0)
    values = color_of(pixels, cell, nucleus)
    assert values["nucleus_green_mean"] == pytest.approx(40, abs=0.5)
    assert values["cytoplasm_green_mean"] == pytest.approx(180, abs=0.5)


def test_a_gray_picture_has_colors_without_saturation():
    pixels, cell = flat((90, 90, 90))
    values = color_of(pixels, cell)
    assert values["cytoplasm_saturation_mean"] == 0
    assert all(math.isfinite(value) for value in values.values())


def test_a_cell_cut_out_on_black_is_measured_against_white_light():
    pixels, cell = flat((100, 50, 150))
    pixels[~cell] = 0
    assert color_of(pixels, cell)["cytoplasm_od_green_mean"] == pytest.approx(math.log(263 / 58), rel=1e-3)

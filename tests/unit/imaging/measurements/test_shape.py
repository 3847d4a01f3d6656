from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import perimeter_crofton

from fakes.known_cells import disk, ellipse, masks, picture_of
from leukoscope.domain.images import PixelSize
from leukoscope.imaging.measurements import measure_cell
from leukoscope.imaging.measurements.shape import crofton_perimeter


def shape_of(cell, nucleus=None, um=None):
    size = None if um is None else PixelSize(um, "given")
    return measure_cell(picture_of(cell, nucleus), masks(cell, nucleus), size, topics=["shape"])


@settings(max_examples=40, deadline=None)
@given(radius=st.floats(10, 60), x=st.floats(-0.5, 0.5), y=st.floats(-0.5, 0.5))
def test_a_circle_measures_what_a_circle_measures(radius, x, y):
    side = 2 * math.ceil(radius) + 6
    values = shape_of(disk(side, radius, center=(side / 2 + x, side / 2 + y)))
    near = 0.02 + 0.4 / radius
    assert values["cell_area_px"] == pytest.approx(math.pi * radius**2, rel=near)
    assert values["perimeter_px"] == pytest.approx(2 * math.pi * radius, rel=near)
    assert values["diameter_px"] == pytest.approx(2 * radius, rel=near)
    assert values["feret_max_px"] == pytest.approx(2 * radius, abs=1.1)
    assert values["feret_min_px"] == pytest.approx(2 * radius, abs=1.1)
    assert values["roundness"] > 1 - 4 * near
    assert values["feret_roundness"] > 1 - 4 * near
    assert values["solidity"] > 1 - 1.5 * near
    assert values["eccentricity"] < 0.3
    assert values["elongation"] < 0.05


@settings(max_examples=40, deadline=None)
@given(long=st.floats(30, 60), share=st.floats(0.4, 1.0), angle=st.floats(0, math.pi))
def test_an_ellipse_measures_what_an_ellipse_measures(long, share, angle):
    short = share * long
    values = shape_of(ellipse(130, (long, short), angle=angle))
    near = (long - short) ** 2 / (long + short) ** 2
    perimeter = math.pi * (long + short) * (1 + 3 * near / (10 + math.sqrt(4 - 3 * near)))  # Ramanujan 1914
    assert values["cell_area_px"] == pytest.approx(math.pi * long * short, rel=0.02)
    assert values["perimeter_px"] == pytest.approx(perimeter, rel=0.03)
    assert values["feret_max_px"] == pytest.approx(2 * long, abs=1.5)
    assert values["feret_min_px"] == pytest.approx(2 * short, abs=1.5)
    assert values["elongation"] == pytest.approx(1 - share, abs=0.02)
    assert values["eccentricity"] ** 2 == pytest.approx(1 - share**2, abs=0.03)
    assert values["solidity"] > 0.965


def test_a_cross_is_neither_round_nor_solid():
    cell = np.zeros((80, 80), dtype=bool)
    cell[30:50, 10:70] = cell[10:70, 30:50] = True
    values = shape_of(cell)
    hull = 60 * 60 - 4 * 20 * 20 / 2
    assert values["cell_area_px"] == 2 * 60 * 20 - 400
    assert values["solidity"] == pytest.approx(2000 / hull, rel=0.02)
    # Four directions see the straight sides of a grid 6 % too short, the worst there is (Legland et al. 2007).
    assert values["perimeter_px"] == pytest.approx(240, rel=0.07)
    assert values["roundness"] == pytest.approx(4 * math.pi * 2000 / values["perimeter_px"] ** 2)
    assert values["elongation"] == pytest.approx(0, abs=1e-6)


def test_holes_do_not_lengthen_the_border():
    whole = disk(100, 40)
    assert shape_of(whole & ~disk(100, 10))["perimeter_px"] == shape_of(whole)["perimeter_px"]


def test_the_nucleus_is_told_against_the_cell():
    values = shape_of(disk(120, 50), disk(120, 25, center=(80, 60)))
    assert values["nucleus_to_cell_ratio"] == pytest.approx(0.25, rel=0.02)
    assert values["nucleus_to_cytoplasm_ratio"] == pytest.approx(1 / 3, rel=0.02)
    assert values["nucleus_offset"] == pytest.approx(20 / 50, rel=0.02)
    assert values["nucleus_diameter_px"] == pytest.approx(50, rel=0.02)


def test_micrometers_follow_from_the_pixel_size():
    values = shape_of(disk(120, 50), disk(120, 25), um=0.2)
    for name in ("perimeter", "diameter", "feret_max", "feret_min", "nucleus_perimeter"):
        assert values[f"{name}_um"] == pytest.approx(0.2 * values[f"{name}_px"])
    assert values["cell_area_um2"] == pytest.approx(0.04 * values["cell_area_px"])
    assert not [name for name in shape_of(disk(120, 50), disk(120, 25)) if "_um" in name]


def test_a_cell_without_nucleus_has_a_ratio_of_zero_and_no_shape_of_the_nucleus():
    values = shape_of(disk(60, 20))
    assert values["nucleus_to_cell_ratio"] == 0
    assert not [name for name in values if name.startswith("nucleus") and name != "nucleus_to_cell_ratio"]


def test_a_cell_that_is_all_nucleus_has_no_cytoplasm_to_divide_by():
    values = shape_of(disk(60, 20), disk(60, 20))
    assert values["nucleus_to_cell_ratio"] == 1
    assert "nucleus_to_cytoplasm_ratio" not in values


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 999), share=st.floats(0, 1), rows=st.integers(1, 20), columns=st.integers(1, 20))
def test_the_length_of_borders_is_that_of_scikit_image(seed, share, rows, columns):
    mask = np.random.default_rng(seed).random((rows, columns)) < share
    assert crofton_perimeter(mask) == pytest.approx(perimeter_crofton(mask), abs=1e-9)


def test_measuring_a_cell_waits_for_no_scipy():
    code = (
        "import sys; from leukoscope.synthetic import draw_cell; import numpy as np\n"
        "from leukoscope.imaging.measurements.nucleus import count_lobes\n"
        "from leukoscope.imaging.measurements.shape import crofton_perimeter\n"
        "drawn = draw_cell(np.random.default_rng(0), 'neutrophil', side=160)\n"
        "assert count_lobes(drawn.nucleus_mask) and crofton_perimeter(drawn.nucleus_mask)\n"
        "sys.exit(any(name.split('.')[0] == 'scipy' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

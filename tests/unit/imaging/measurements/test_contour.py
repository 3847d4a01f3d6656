from __future__ import annotations

import math

import numpy as np
import pytest

from fakes.known_cells import disk, ellipse, masks, picture_of
from leukoscope.imaging.measurements import measure_cell
from leukoscope.imaging.measurements.contour import border_curves, box_dimension, count_maxima


def contour_of(nucleus):
    cell = np.ones_like(nucleus)
    return measure_cell(picture_of(cell, nucleus), masks(cell, nucleus), None, topics=["contour"])


def star(points: int, depth: float, *, radius: float = 60, side: int = 180) -> np.ndarray:
    """r = radius (1 + depth cos(points angle))."""
    x, y = np.meshgrid(np.arange(side) + 0.5 - side / 2, np.arange(side) + 0.5 - side / 2)
    return np.asarray(np.hypot(x, y) <= radius * (1 + depth * np.cos(points * np.arctan2(y, x))))


def koch(depth: int, size: float) -> np.ndarray:
    """Koch's snowflake; dimension ln 4 / ln 3 (Falconer 2014, example 2.7)."""
    corners = [size * np.exp(2j * math.pi * turn / 3) for turn in (0, 2, 1)]
    for _ in range(depth):
        finer = []
        for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
            third = (end - start) / 3
            finer += [start, start + third, start + third + third * np.exp(1j * math.pi / 3), start + 2 * third]
        corners = finer
    return np.array([(point.real, point.imag) for point in corners])


def test_a_circle_has_a_flat_signature():
    values = contour_of(disk(120, 45))
    assert values["nucleus_signature_mean"] == pytest.approx(1, abs=0.01)
    assert values["nucleus_signature_variance"] < 1e-3
    assert values["nucleus_signature_maxima"] == 0
    assert max(values[f"nucleus_fourier_{n}"] for n in range(1, 7)) < 0.01


@pytest.mark.parametrize("points", [2, 3, 5])
def test_a_star_has_as_many_maxima_as_points_and_its_own_harmonic(points):
    values = contour_of(star(points, 0.2))
    assert values["nucleus_signature_maxima"] == points
    harmonics = {n: values[f"nucleus_fourier_{n}"] for n in range(1, 7)}
    assert max(harmonics, key=harmonics.get) == points
    # Half of the amplitude of a cosine lies in the positive harmonic; points along the border, not by angle.
    assert harmonics[points] == pytest.approx(0.1, abs=0.03)


def test_an_ellipse_has_two_maxima_and_the_variance_of_its_radii():
    values = contour_of(ellipse(160, (60, 40)))
    angle = np.linspace(0, 2 * np.pi, 20_000)
    x, y = 60 * np.cos(angle), 40 * np.sin(angle)
    along = np.hypot(60 * np.sin(angle), 40 * np.cos(angle))
    radius = np.hypot(x, y)
    mean = np.average(radius, weights=along)
    variance = np.average((radius - mean) ** 2, weights=along) / mean**2
    assert values["nucleus_signature_maxima"] == 2
    assert values["nucleus_signature_variance"] == pytest.approx(variance, rel=0.05)


@pytest.mark.parametrize("radius", [15, 30, 70])
def test_the_border_of_a_circle_has_one_dimension(radius):
    assert contour_of(disk(160, radius))["nucleus_box_dimension"] == pytest.approx(1, abs=0.03)


def test_kochs_curve_has_its_dimension():
    curve = koch(6, 1000.0)
    dimension = box_dimension([curve], 2000.0)
    assert dimension == pytest.approx(math.log(4) / math.log(3), abs=0.04)


def test_a_ragged_border_has_more_dimensions_than_a_smooth_one():
    ragged = star(23, 0.12, radius=70)
    assert contour_of(ragged)["nucleus_box_dimension"] > contour_of(disk(180, 70))["nucleus_box_dimension"] + 0.1


def test_a_hole_is_no_border():
    ring = disk(120, 45) & ~disk(120, 15)
    assert len(border_curves(ring)) == 1
    assert box_dimension(border_curves(ring), 90) == box_dimension(border_curves(disk(120, 45)), 90)


def test_small_nuclei_have_a_signature_but_no_dimension_and_the_smallest_neither():
    small = contour_of(disk(40, 6))
    assert "nucleus_box_dimension" not in small
    assert small["nucleus_signature_mean"] == pytest.approx(1, abs=0.02)
    assert contour_of(disk(20, 1.5)) == {}
    assert contour_of(np.zeros((20, 20), dtype=bool)) == {}


def test_maxima_that_hardly_stand_out_do_not_count():
    wave = 1 + 0.02 * np.cos(7 * np.linspace(0, 2 * np.pi, 128, endpoint=False))
    assert count_maxima(wave, 0.05) == 0
    assert count_maxima(wave, 0.03) == 7

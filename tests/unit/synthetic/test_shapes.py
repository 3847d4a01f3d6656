import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.synthetic.shapes import Patch, RoundOutline, arc, ellipse, joined, segment

seeds = st.integers(0, 2**32 - 1)


def area_um2(patch: Patch, distance: np.ndarray) -> float:
    return float(patch.coverage(distance).sum()) * patch.pixel_size_um**2


@given(st.floats(-20, 20), st.floats(-20, 20), st.floats(0.5, 9), st.sampled_from([0.05, 0.1, 0.25]))
def test_a_window_holds_all_within_reach(x_um: float, y_um: float, reach_um: float, size_um: float) -> None:
    patch = Patch.around((x_um, y_um), reach_um, size_um)
    assert patch.x.min() <= -reach_um
    assert patch.x.max() >= reach_um
    assert patch.y.min() <= -reach_um
    assert patch.y.max() >= reach_um


def test_a_pixel_of_a_window_lies_where_the_picture_has_it() -> None:
    patch = Patch.around((5.0, 3.0), 2.0, 0.5)
    assert (patch.left + 0.5) * 0.5 == pytest.approx(5.0 + float(patch.x[0, 0]))
    assert (patch.top + 0.5) * 0.5 == pytest.approx(3.0 + float(patch.y[0, 0]))


@given(st.floats(1.0, 6.0), st.floats(1.0, 6.0), st.floats(0, math.pi))
def test_an_ellipse_has_its_area(first_um: float, second_um: float, angle: float) -> None:
    patch = Patch.around((0, 0), 8, 0.1)
    found = area_um2(patch, ellipse(patch, (0.5, -0.5), (first_um, second_um), angle))
    assert found == pytest.approx(math.pi * first_um * second_um, rel=0.03)


def test_a_bar_has_its_area() -> None:
    patch = Patch.around((0, 0), 8, 0.05)
    found = area_um2(patch, segment(patch, (-3, 0), (3, 0), 0.5))
    assert found == pytest.approx(6 * 1 + math.pi * 0.25, rel=0.02)


def test_a_bent_bar_has_its_area() -> None:
    patch = Patch.around((0, 0), 8, 0.05)
    bar = arc(patch, (0, 0), 0.3, bend_um=4, half_angle=1.0, half_width_um=1.0)
    assert area_um2(patch, bar) == pytest.approx(2 * 1.0 * 4 * 2 + math.pi, rel=0.02)


def test_a_bent_bar_lies_toward_its_angle() -> None:
    patch = Patch.around((0, 0), 6, 0.1)
    bar = arc(patch, (0, 0), 0.0, bend_um=4, half_angle=0.5, half_width_um=0.5)
    assert patch.x[bar < 0].min() > 2.5


def test_a_union_covers_both() -> None:
    patch = Patch.around((0, 0), 6, 0.1)
    left, right = (ellipse(patch, (x, 0), (1.5, 1.5), 0) for x in (-2, 2))
    both = joined(left, right, 0.3)
    assert np.all(both <= np.minimum(left, right) + 1e-6)
    assert np.all(both >= np.minimum(left, right) - 0.3)


@given(seeds, st.floats(1.0, 9.0), st.floats(0.0, 0.1))
def test_an_irregular_outline_keeps_the_area_of_its_circle(seed: int, radius_um: float, irregularity: float) -> None:
    outline = RoundOutline.random(np.random.default_rng(seed), radius_um, irregularity)
    angles = np.linspace(0, 2 * math.pi, 2000, endpoint=False)
    assert math.pi * np.mean(outline.radius_at(angles) ** 2) == pytest.approx(math.pi * radius_um**2, rel=1e-3)
    assert outline.radius_at(angles).max() <= outline.reach_um + 1e-9


def test_coverage_is_half_on_the_border_and_soft_beside_it() -> None:
    patch = Patch.around((0, 0), 1, 0.1)
    cover = patch.coverage(np.array([[-1.0, -0.02, 0.0, 0.02, 1.0]], np.float32))
    assert cover[0] == pytest.approx([1, 0.7, 0.5, 0.3, 0])

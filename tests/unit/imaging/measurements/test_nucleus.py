from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.morphology import local_maxima

from fakes.known_cells import disk, ellipse, masks, masks_of, picture_of
from leukoscope.imaging.measurements import measure_cell
from leukoscope.imaging.measurements.nucleus import count_lobes, regional_maxima
from leukoscope.synthetic import KINDS, draw_cell


def bead_chain(lobes: int, radius: float, bridge: float, turn: float) -> np.ndarray:
    """Round lobes on a bow, the next always joined to the last by a bridge."""
    side = 340
    canvas = np.zeros((side, side), np.uint8)
    angles = turn + np.arange(lobes) * 2 * np.pi / max(lobes + 1, 3)
    bow = 1.9 * radius / (2 * np.sin(np.pi / max(lobes + 1, 3))) * 1.25
    centers = np.stack([side / 2 + bow * np.cos(angles), side / 2 + bow * np.sin(angles)], 1)
    for x, y in centers:
        cv2.circle(canvas, (round(x), round(y)), round(radius), 1, cv2.FILLED)
    for start, end in pairwise(centers):
        points = tuple(np.rint(start).astype(int).tolist()), tuple(np.rint(end).astype(int).tolist())
        cv2.line(canvas, *points, 1, max(1, round(2 * bridge * radius)))
    return canvas > 0


@settings(max_examples=60, deadline=None)
@given(lobes=st.integers(1, 6), radius=st.floats(12, 30), bridge=st.floats(0.05, 0.6), turn=st.floats(0, 6.28))
def test_lobes_joined_by_bridges_are_counted(lobes, radius, bridge, turn):
    assert count_lobes(bead_chain(lobes, radius, bridge, turn)) == lobes


@pytest.mark.parametrize("scale", [0.25, 0.5, 1, 2])
def test_the_number_of_lobes_does_not_depend_on_the_magnification(scale):
    chain = bead_chain(4, 24, 0.3, 1.0).astype(np.uint8)
    resized = cv2.resize(chain, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST) > 0
    assert count_lobes(resized) == 4


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.1])
def test_round_oval_and_bent_nuclei_have_one_lobe(angle):
    assert count_lobes(disk(90, 30)) == 1
    assert count_lobes(ellipse(120, (50, 22), angle=angle)) == 1
    assert count_lobes(disk(120, 45) & ~disk(120, 40, center=(85, 60))) == 1


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.nucleus != "segmented"])
def test_drawn_cells_with_one_lobe_have_one(kind):
    drawn = [draw_cell(np.random.default_rng(seed), kind, side=260) for seed in range(6)]
    assert [count_lobes(one.nucleus_mask) for one in drawn] == [1] * len(drawn)


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.nucleus == "segmented"])
def test_lobes_of_drawn_segmented_cells_are_counted_where_they_show(kind):
    # The renderer may draw two lobes so close that no waist shows; nobody could count these.
    drawn = [draw_cell(np.random.default_rng(seed), kind, side=260) for seed in range(20)]
    missed = [one.cell.nucleus_lobes - count_lobes(one.nucleus_mask) for one in drawn]
    assert min(missed) >= 0
    assert max(missed) <= 2
    assert sum(off == 0 for off in missed) >= 15


def test_parts_count_what_does_not_touch_and_leave_out_dirt():
    nucleus = disk(100, 12, center=(35, 40)) | disk(100, 12, center=(65, 40)) | disk(100, 12, center=(50, 68))
    nucleus[10, 50] = True
    cell = disk(100, 48)
    values = measure_cell(picture_of(cell, nucleus), masks(cell, nucleus), None, topics=["nucleus"])
    assert values == {"nucleus_parts": 3, "nucleus_lobes": 3}


def test_without_nucleus_nothing_is_counted():
    cell = disk(40, 15)
    assert measure_cell(picture_of(cell), masks(cell), None, topics=["nucleus"]) == {}


def test_a_nucleus_of_one_pixel_has_one_lobe():
    one = np.zeros((9, 9), dtype=bool)
    one[4, 4] = True
    assert count_lobes(one) == 1


def test_a_drawn_neutrophil_keeps_its_lobes_through_the_masks():
    drawn = draw_cell(np.random.default_rng(0), "neutrophil")
    values = measure_cell(drawn.pixels, masks_of(drawn), None, topics=["nucleus"])
    assert values["nucleus_lobes"] == count_lobes(drawn.nucleus_mask)


@pytest.mark.parametrize("seed", range(5))
def test_plateaus_without_a_higher_neighbor_are_those_of_scikit_image(seed):
    rough = np.random.default_rng(seed).integers(0, 4, (40, 50)).astype(np.float32)
    steps = cv2.resize(rough[:10, :10], (50, 40), interpolation=cv2.INTER_NEAREST)
    for heights in (rough, steps, np.log1p(steps) - 1):
        assert np.array_equal(regional_maxima(heights), local_maxima(heights, connectivity=2))

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.known_cells import disk, masks, masks_of
from leukoscope.imaging.measurements import measure_cell
from leukoscope.imaging.measurements.texture import co_occurrence
from leukoscope.synthetic import draw_cell


def texture_of(pixels, cell, nucleus=None):
    return measure_cell(pixels, masks(cell, nucleus), None, topics=["texture"])


def test_a_cell_of_one_color_has_no_contrast_and_no_disorder():
    cell, nucleus = disk(150, 60), disk(150, 35)
    pixels = np.full((150, 150, 3), 240, np.uint8)
    pixels[cell], pixels[nucleus] = (210, 180, 200), (90, 40, 130)
    values = texture_of(pixels, cell, nucleus)
    for region in ("nucleus", "cytoplasm"):
        for distance in ("near", "far"):
            told = {what: values[f"{region}_glcm_{what}_{distance}"] for what in ("contrast", "entropy", "variance")}
            assert told == pytest.approx({"contrast": 0, "entropy": 0, "variance": 0}, abs=1e-9)
            assert values[f"{region}_glcm_homogeneity_{distance}"] == pytest.approx(1)
            assert values[f"{region}_glcm_energy_{distance}"] == pytest.approx(1)
        assert values[f"{region}_lbp_8"] == pytest.approx(1)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), radius=st.integers(8, 25))
def test_co_occurrence_is_that_of_counting_pairs_by_hand(seed, radius):
    rng = np.random.default_rng(seed)
    density = rng.uniform(0, 2.5, (60, 60)).astype(np.float32)
    inside = disk(60, radius)
    told = co_occurrence(density, [inside])[0]
    levels = np.minimum((density * 32 / 2.5).astype(int), 31)
    differences = []
    for rows, columns in ((0, 2), (-2, 2), (-2, 0), (-2, -2)):  # angles as scikit-image turns them
        # At 45 degrees the nearest pixel to (1.41, 1.41) is one step away in both directions.
        rows, columns = (int(np.sign(step)) if rows and columns else step for step in (rows, columns))
        pairs = [
            (levels[y, x] - levels[y + rows, x + columns]) ** 2
            for y, x in np.argwhere(inside)
            if inside[y + rows, x + columns]
        ]
        differences += pairs
    assert told["contrast_near"] == pytest.approx(np.mean(differences), rel=1e-6)


def test_stripes_correlate_at_their_own_distance_only():
    columns = np.broadcast_to(np.arange(80) % 4 < 2, (80, 80))
    density = np.where(columns, 1.5, 0.2).astype(np.float32)
    upright = co_occurrence(density, [np.ones((80, 80), dtype=bool)])[0]
    turned = co_occurrence(np.ascontiguousarray(density.T), [np.ones((80, 80), dtype=bool)])[0]
    assert upright == pytest.approx(turned)
    assert upright["contrast_near"] > 100


def test_lbp_shares_add_up_to_one():
    drawn = draw_cell(np.random.default_rng(4), "lymphocyte")
    values = measure_cell(drawn.pixels, masks_of(drawn), None, topics=["texture"])
    for region in ("nucleus", "cytoplasm"):
        assert sum(values[f"{region}_lbp_{number}"] for number in range(10)) == pytest.approx(1)


def test_a_region_of_one_pixel_has_no_pairs():
    inside = np.zeros((9, 9), dtype=bool)
    inside[4, 4] = True
    assert co_occurrence(np.ones((9, 9), np.float32), [inside]) == [{}]

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fakes.known_cells import disk, masks, masks_of
from leukoscope.domain.images import PixelSize
from leukoscope.imaging.measurements import measure_cell
from leukoscope.synthetic import draw_cell

SIDE = 150
CELL, NUCLEUS = disk(SIDE, 60), disk(SIDE, 38)


def spots_of(
    nucleoli: list[tuple[int, int, int]] = [],  # noqa: B006  # read only
    vacuoles: list[tuple[int, int, int]] = [],  # noqa: B006  # read only
    nucleus: np.ndarray = NUCLEUS,
) -> dict[str, float]:
    pixels = np.full((SIDE, SIDE, 3), 240, np.uint8)
    pixels[CELL], pixels[nucleus & CELL] = (190, 150, 190), (90, 40, 130)
    for x, y, radius in nucleoli:
        cv2.circle(pixels, (x, y), radius, (130, 90, 160), cv2.FILLED)
    for x, y, radius in vacuoles:
        cv2.circle(pixels, (x, y), radius, (235, 232, 236), cv2.FILLED)
    pixels = cv2.GaussianBlur(pixels, (0, 0), 0.8)
    return measure_cell(pixels, masks(CELL, nucleus), PixelSize(0.1, "given"), topics=["spots"])


def test_even_cells_have_no_spots():
    values = spots_of()
    assert values["nucleoli_count"] == values["vacuoles_count"] == 0
    assert values["nucleoli_area_px"] == values["vacuoles_share"] == 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_nucleoli_are_counted_and_measured(count):
    places = [(62, 70, 7), (88, 66, 6), (76, 92, 7)][:count]
    values = spots_of(nucleoli=places)
    assert values["nucleoli_count"] == count
    area = sum(np.pi * radius**2 for *_, radius in places)
    assert 0.6 * area < values["nucleoli_area_px"] < 1.3 * area  # where it stands out, not to its very border
    assert values["nucleoli_area_um2"] == pytest.approx(values["nucleoli_area_px"] / 100)
    assert values["nucleoli_share"] == pytest.approx(values["nucleoli_area_px"] / NUCLEUS.sum(), rel=0.02)
    assert values["vacuoles_count"] == 0


@pytest.mark.parametrize("count", [1, 2, 4])
def test_vacuoles_are_counted(count):
    places = [(75, 26, 4), (124, 75, 4), (75, 124, 5), (26, 75, 3)][:count]
    values = spots_of(vacuoles=places)
    assert values["vacuoles_count"] == count
    assert values["nucleoli_count"] == 0


@pytest.mark.parametrize(("kind", "wanted"), [("lymphocyte", (0, 0.4)), ("blast", (0.6, 2))])
def test_nucleoli_of_drawn_blasts_are_found_and_clumps_of_lymphocytes_are_none(kind, wanted):
    drawn = [draw_cell(np.random.default_rng(seed), kind, side=260) for seed in range(100, 112)]
    counts = [measure_cell(one.pixels, masks_of(one), None, topics=["spots"])["nucleoli_count"] for one in drawn]
    assert wanted[0] <= np.mean(counts) <= wanted[1]


@pytest.mark.parametrize(("kind", "wanted"), [("neutrophil", (0, 0.3)), ("monocyte", (3, 12))])
def test_vacuoles_of_drawn_monocytes_are_found(kind, wanted):
    drawn = [draw_cell(np.random.default_rng(seed), kind, side=260) for seed in range(100, 112)]
    counts = [measure_cell(one.pixels, masks_of(one), None, topics=["spots"])["vacuoles_count"] for one in drawn]
    assert wanted[0] <= np.mean(counts) <= wanted[1]


@pytest.mark.parametrize("seed", range(4))
def test_noise_in_a_cytoplasm_as_pale_as_glass_is_no_vacuole(seed):
    pixels = np.full((SIDE, SIDE, 3), 240, np.float64)
    pixels[CELL], pixels[NUCLEUS] = (236, 234, 237), (90, 40, 130)
    pixels = cv2.GaussianBlur(pixels + np.random.default_rng(seed).normal(0, 5, pixels.shape), (0, 0), 1.0)
    values = measure_cell(np.clip(pixels, 0, 255).astype(np.uint8), masks(CELL, NUCLEUS), None, topics=["spots"])

    assert values["vacuoles_count"] == values["vacuoles_share"] == 0


def test_a_long_pale_furrow_is_no_nucleolus_and_a_wide_pale_half_neither():
    furrow = spots_of(nucleoli=[(x, 75, 3) for x in range(50, 100)])
    wide = spots_of(nucleoli=[(75, 75, 22)])
    assert furrow["nucleoli_count"] == wide["nucleoli_count"] == 0


def test_specks_are_no_spots():
    assert spots_of(nucleoli=[(70, 70, 1)], vacuoles=[(75, 26, 1)])["nucleoli_count"] == 0


def test_regions_that_are_not_there_have_no_spots():
    assert not [name for name in spots_of(nucleus=np.zeros_like(CELL)) if name.startswith("nucleoli")]
    assert not [name for name in spots_of(nucleus=CELL) if name.startswith("vacuoles")]

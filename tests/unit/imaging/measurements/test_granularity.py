from __future__ import annotations

import cv2
import numpy as np
import pytest

from fakes.known_cells import disk, masks
from leukoscope.imaging.measurements import measure_cell

SIDE = 150


def granular(radius: int, *, dark: int = 90) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A cell 120 pixels wide, so that nothing is resized, with granules of one radius (0: none)."""
    cell, nucleus = disk(SIDE, 60), disk(SIDE, 22)
    pixels = np.full((SIDE, SIDE, 3), 240, np.uint8)
    pixels[cell] = (210, 180, 200)
    spots = np.zeros((SIDE, SIDE), np.uint8)
    if radius:
        for y in range(20, SIDE, 4 * radius + 3):
            for x in range(20, SIDE, 4 * radius + 3):
                cv2.circle(spots, (x, y), radius, 1, cv2.FILLED)
    pixels[(spots > 0) & cell] = (200, dark, 140)
    pixels[nucleus] = (90, 40, 130)
    return pixels, cell, nucleus


def granularity_of(radius, **how):
    pixels, cell, nucleus = granular(radius, **how)
    return measure_cell(pixels, masks(cell, nucleus), None, topics=["granularity"])


def test_a_smooth_cytoplasm_has_no_granules():
    values = granularity_of(0)
    assert values["granularity_total"] == pytest.approx(0, abs=1e-6)
    assert "granularity_radius" not in values


@pytest.mark.parametrize("radius", [2, 3, 4])
def test_the_spectrum_peaks_behind_the_radius_of_the_granules(radius):
    values = granularity_of(radius)
    spectrum = {size: values[f"granularity_{size}"] for size in range(1, 7)}
    # A granule survives the opening by a disk of its own size and goes with the next.
    assert max(spectrum, key=spectrum.get) in (radius, radius + 1)
    assert sum(spectrum.values()) == pytest.approx(values["granularity_total"])


def test_larger_granules_have_a_larger_radius_and_darker_ones_a_larger_share():
    assert granularity_of(4)["granularity_radius"] > granularity_of(2)["granularity_radius"] + 0.01
    assert granularity_of(3, dark=60)["granularity_total"] > granularity_of(3, dark=130)["granularity_total"] + 0.1


def test_a_cell_without_cytoplasm_has_no_spectrum():
    pixels, cell, _ = granular(3)
    assert measure_cell(pixels, masks(cell, cell), None, topics=["granularity"]) == {}


def test_a_cytoplasm_as_pale_as_glass_has_no_spectrum():
    pixels = np.full((SIDE, SIDE, 3), 240, np.uint8)
    assert measure_cell(pixels, masks(disk(SIDE, 60)), None, topics=["granularity"]) == {}

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from leukoscope.domain.images import PixelSize
from leukoscope.imaging.features import measure
from leukoscope.imaging.segmentation import SegmentedCell
from leukoscope.imaging.segmentation.geometry import Frame, describe


def disc_cell(radius: int = 50, nucleus_radius: int = 30, scale: float = 2.0) -> SegmentedCell:
    cell, nucleus = (np.zeros((140, 160), np.uint8) for _ in range(2))
    cv2.circle(cell, (80, 70), radius, 1, -1)
    cv2.circle(nucleus, (80, 70), nucleus_radius, 1, -1)
    side = round(160 * scale), round(140 * scale)
    found = describe(cell, nucleus, 0, 0, Frame(0, 0, *side, *side, 1 / scale))
    assert found is not None
    return found


def test_a_disc_measures_what_a_disc_measures() -> None:
    features = measure(disc_cell(), PixelSize(0.1, "given"))
    assert features["diameter_px"] == pytest.approx(200, rel=0.02)
    assert features["diameter_um"] == pytest.approx(20, rel=0.02)
    assert features["cell_area_um2"] == pytest.approx(math.pi * 100, rel=0.03)
    assert features["nucleus_to_cell_ratio"] == pytest.approx(0.36, rel=0.05)
    assert features["roundness"] > 0.85
    assert features["solidity"] > 0.97
    assert features["nucleus_solidity"] > 0.97
    assert features["nucleus_parts"] == 1


def test_without_a_pixel_size_nothing_is_in_micrometers() -> None:
    assert not [name for name in measure(disc_cell(), None) if "um" in name]


def test_every_ratio_lies_between_0_and_1() -> None:
    features = measure(disc_cell(radius=3, nucleus_radius=3), None)
    for name in ("nucleus_to_cell_ratio", "roundness", "solidity", "nucleus_solidity"):
        assert 0 < features[name] <= 1


def test_separate_lobes_are_counted() -> None:
    cell, nucleus = (np.zeros((100, 100), np.uint8) for _ in range(2))
    cv2.circle(cell, (50, 50), 40, 1, -1)
    for x, y in ((35, 40), (65, 40), (50, 68)):
        cv2.circle(nucleus, (x, y), 9, 1, -1)
    found = describe(cell, nucleus, 0, 0, Frame(0, 0, 100, 100, 100, 100, 1.0))
    assert found is not None
    features = measure(found, None)
    assert features["nucleus_parts"] == 3
    assert features["nucleus_solidity"] < 0.7

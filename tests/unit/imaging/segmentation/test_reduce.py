from __future__ import annotations

import numpy as np
import pytest

from leukoscope.imaging.segmentation import reduce
from leukoscope.imaging.segmentation.reduce import reduce_by


def test_each_small_pixel_is_the_mean_of_its_block() -> None:
    pixels = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    blocks = pixels.reshape(2, 2, 3, 2, 3).mean(axis=(1, 3))
    assert np.abs(reduce_by(pixels, 2).astype(float) - blocks).max() <= 0.5


def test_strips_give_the_same_as_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 90, 3), np.uint8)
    whole = reduce_by(pixels, 3)
    monkeypatch.setattr(reduce, "_STRIP_PIXELS", 1000)
    assert np.array_equal(reduce_by(pixels, 3), whole)


def test_a_side_shorter_than_the_step_becomes_one_pixel() -> None:
    assert reduce_by(np.zeros((2, 40, 3), np.uint8), 8).shape == (1, 5, 3)

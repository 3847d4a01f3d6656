from __future__ import annotations

import colorsys

import numpy as np
import pytest

from leukoscope.data.pictures import PictureSet
from leukoscope.data.probes.color import color_numbers, color_probe


def test_twelve_numbers_agree_with_the_standard_library() -> None:
    color = (0.6, 0.2, 0.8)
    numbers = color_numbers(np.full((1, 4, 4, 3), np.array(color) * 255, np.uint8))[0]
    hue, saturation, value = colorsys.rgb_to_hsv(*color)
    assert numbers.shape == (12,)
    assert numbers[:3] == pytest.approx(color, abs=0.005)
    assert numbers[3] == pytest.approx(np.sin(2 * np.pi * hue), abs=0.05)
    assert numbers[4:6] == pytest.approx((saturation, value), abs=0.01)
    assert numbers[6:] == pytest.approx(0, abs=1e-9)


def test_classes_that_differ_in_stain_are_told_by_color_alone_and_shapes_are_not() -> None:
    rng = np.random.default_rng(0)
    targets = np.arange(60) % 2

    def probe(images: np.ndarray) -> float:
        parts = [PictureSet(images[i], targets[i], tuple("x" * 30)) for i in (slice(0, 30), slice(30, 60))]
        return color_probe(parts[0], parts[1])

    noise = rng.integers(100, 140, (60, 8, 8, 3)).astype(np.uint8)
    stained = noise.copy()
    stained[targets == 1, ..., 0] += 60
    assert probe(stained) == 1
    assert probe(noise) < 0.8

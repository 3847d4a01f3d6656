from __future__ import annotations

import numpy as np

from leukoscope.imaging.segmentation.shading import WHOLE, fit_shading


def test_a_fall_of_light_towards_one_side_is_found() -> None:
    fall = np.linspace(0, 0.15, 120, dtype=np.float32)[None, :, None] * np.ones((80, 1, 3), np.float32)
    fall[20:40, 20:60] += 0.8  # a cell must not bend the surface
    surface = fit_shading([fall], [WHOLE]).over((80, 120, 3), WHOLE)
    assert np.abs(surface[60, [5, 60, 115], 1] - [0.006, 0.076, 0.145]).max() < 0.012


def test_without_glass_nothing_is_corrected() -> None:
    crowded = np.full((50, 50, 3), 0.9, np.float32)
    assert not fit_shading([crowded], [WHOLE]).over((50, 50, 3), WHOLE).any()

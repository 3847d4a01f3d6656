from __future__ import annotations

import numpy as np
import pytest

from leukoscope.experiments.heat_maps import map_focus, stained_parts


def test_a_map_on_the_nucleus_is_told_from_one_beside_it() -> None:
    masks = np.zeros((2, 28, 28), bool)
    masks[:, :8, :8] = True
    maps = np.zeros((2, 7, 7), np.float32)
    maps[0, 0, 0] = 3
    maps[1, 6, 6] = 3
    focus = map_focus(maps, masks)
    assert (focus.inside, focus.hits) == (0.5, 0.5)
    assert focus.by_chance == pytest.approx(64 / 784)


def test_a_flat_map_is_inside_by_chance() -> None:
    masks = np.random.default_rng(0).random((3, 14, 14)) < 0.3
    focus = map_focus(np.ones((3, 7, 7), np.float32), masks)
    assert focus.inside == pytest.approx(focus.by_chance)


def test_nuclei_are_told_from_red_cells_and_glass() -> None:
    image = np.full((1, 20, 20, 3), 235, np.uint8)
    image[0, 12:18, 2:18] = (200, 150, 150)
    image[0, 5:10, 5:10] = (90, 40, 130)
    mask = stained_parts(image)[0]
    assert mask[5:10, 5:10].all()
    assert mask.sum() == 25

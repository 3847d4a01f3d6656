from __future__ import annotations

import numpy as np

from leukoscope.imaging.segmentation.border import ANGLES, RINGS, best_border


def test_the_border_follows_a_gain_that_swings_and_closes() -> None:
    wanted = np.round(20 + 6 * np.sin(np.arange(ANGLES) * 2 * np.pi / ANGLES)).astype(int)
    gain = np.zeros((1, ANGLES, RINGS), np.float32)
    gain[0, np.arange(ANGLES), wanted] = 5
    assert best_border(gain)[0].tolist() == wanted.tolist()


def test_a_single_stray_gain_does_not_tear_the_border_out() -> None:
    gain = np.zeros((1, ANGLES, RINGS), np.float32)
    gain[0, :, 10] = 3
    gain[0, 5, 35] = 6
    assert set(best_border(gain)[0].tolist()) == {10}


def test_each_cell_gets_its_own_border() -> None:
    gain = np.zeros((2, ANGLES, RINGS), np.float32)
    gain[0, :, 4] = 1
    gain[1, :, 30] = 1
    assert [set(one.tolist()) for one in best_border(gain)] == [{4}, {30}]

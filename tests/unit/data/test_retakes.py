from __future__ import annotations

import cv2
import numpy as np
import pytest

from leukoscope.data.retakes import RetakeSearch, find_retakes
from leukoscope.errors import InvalidValueError
from leukoscope.synthetic import draw_field

SIDE = 160


def _glass(seed: int) -> np.ndarray:
    """A piece of a drawn smear, larger than what one picture shows."""
    rng = np.random.default_rng(seed)
    return draw_field(rng, width=260, height=260, pixel_size_um=0.3, cells={}).pixels


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    glasses = [_glass(seed) for seed in range(6)]
    taken = [glass[:SIDE, :SIDE] for glass in glasses]
    again = cv2.GaussianBlur(glasses[2][35 : 35 + SIDE, 60 : 60 + SIDE], (0, 0), 1.0)  # moved, refocused, darker
    return [*taken, (again * 0.85).astype(np.uint8)]


def test_a_field_taken_again_elsewhere_is_found_and_nothing_else(pictures: list[np.ndarray]) -> None:
    ticks: list[int] = []
    found = find_retakes(
        pictures,
        np.ones((SIDE, SIDE), bool),
        RetakeSearch(coarse_side=40, min_similarity=0.7, slow_blur_px=10),
        after_each=ticks.append,
    )
    assert [(pair.first, pair.second) for pair in found] == [(2, 6)]
    assert found[0].similarity > 0.8
    assert ticks == list(range(1, 8))


def test_a_shared_scale_bar_alone_makes_no_retake(pictures: list[np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    bar = rng.integers(0, 2, (5, 7, 1)).repeat(3, axis=2).repeat(10, axis=0).repeat(10, axis=1).astype(np.uint8) * 255
    marked = [picture.copy() for picture in pictures[:6]]
    for picture in marked:
        picture[-50:, -70:] = bar
    mask = np.ones((SIDE, SIDE), bool)
    search = RetakeSearch(coarse_side=40, min_similarity=0.7, slow_blur_px=10)
    assert find_retakes(marked, mask, search)  # the bar is what they share
    mask[-50:, -70:] = False
    assert find_retakes(marked, mask, search) == ()


def test_pictures_of_another_size_are_refused(pictures: list[np.ndarray]) -> None:
    with pytest.raises(InvalidValueError, match="size of the mask"):
        find_retakes(pictures, np.ones((9, 9), bool), RetakeSearch())

from dataclasses import replace

import numpy as np
import pytest

from leukoscope.synthetic.camera import photograph
from leukoscope.synthetic.style import CREAM, SmearStyle

PLAIN = replace(
    CREAM, film=0.0, vignetting=0.0, gradient=0.0, blur_um=0.0, sharpening=0.0, shot_noise=0.0, read_noise=0.0
)


def shot(style: SmearStyle, absorbance: np.ndarray | None = None) -> np.ndarray:
    glass = np.zeros((40, 60, 3), np.float32) if absorbance is None else absorbance
    return photograph(np.random.default_rng(1), glass, style=style, pixel_size_um=0.1).astype(float)


def test_empty_glass_shows_the_background() -> None:
    assert np.all(shot(PLAIN) == [255, 229, 204])


def test_absorbance_follows_beer_and_lambert() -> None:
    glass = np.full((40, 60, 3), np.log(2), np.float32)
    assert np.all(shot(PLAIN, glass) == [128, 114, 102])


def test_the_lamp_darkens_the_corners_and_one_side() -> None:
    corners = shot(replace(PLAIN, vignetting=0.4))
    assert corners[0, 0, 1] < 0.75 * corners[20, 30, 1]
    side = shot(replace(PLAIN, gradient=0.4, gradient_deg=0.0))
    assert side[20, -1, 1] == pytest.approx(0.6 * side[20, 0, 1], abs=3)
    upward = shot(replace(PLAIN, gradient=0.4, gradient_deg=90.0))
    assert upward[0, 30, 1] < upward[-1, 30, 1]


def test_white_balance_and_brightness_scale_the_channels() -> None:
    picture = shot(replace(PLAIN, white_balance=(0.5, 1.0, 1.0), brightness=0.8))
    assert picture[0, 0].tolist() == [102, 183, 163]


def edge() -> np.ndarray:
    glass = np.zeros((40, 60, 3), np.float32)
    glass[:, 30:] = 1.0
    return glass


def test_blur_softens_an_edge_and_sharpening_steepens_it() -> None:
    def steepness(style: SmearStyle) -> float:
        return float(np.abs(np.diff(shot(style, edge())[20, :, 1])).max())

    soft = replace(PLAIN, blur_um=0.3)
    assert steepness(soft) < 0.5 * steepness(PLAIN)
    assert steepness(replace(soft, sharpening=2.0)) > 1.2 * steepness(soft)


def test_noise_is_as_strong_as_asked() -> None:
    noisy = shot(replace(PLAIN, read_noise=4.0), np.full((40, 60, 3), 1.0, np.float32))
    assert noisy[..., 1].std() == pytest.approx(4.0, rel=0.25)

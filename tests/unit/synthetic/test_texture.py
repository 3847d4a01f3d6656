import numpy as np
import pytest

from leukoscope.synthetic.texture import bent, scatter, smooth_noise, smoothstep


@pytest.mark.parametrize("scale_px", [0.5, 1.5, 4.0, 15.0])
def test_noise_has_mean_zero_and_unit_spread_at_every_scale(scale_px: float) -> None:
    noise = smooth_noise(np.random.default_rng(1), (400, 400), scale_px)
    assert noise.shape == (400, 400)
    assert abs(noise.mean()) < 0.15
    assert 0.8 < noise.std() < 1.2


def test_wide_noise_changes_slowly() -> None:
    fine = smooth_noise(np.random.default_rng(1), (200, 200), 1)
    wide = smooth_noise(np.random.default_rng(1), (200, 200), 12)
    assert np.abs(np.diff(wide)).mean() < 0.3 * np.abs(np.diff(fine)).mean()


def test_smoothstep_rises_from_zero_to_one() -> None:
    steps = smoothstep(1, 3, np.array([0, 1, 2, 3, 4], np.float32))
    assert steps.tolist() == [0, 0, 0.5, 1, 1]


def test_granules_lie_where_they_may() -> None:
    inside = np.zeros((60, 60), bool)
    inside[20:40, 20:40] = True
    spots = scatter(np.random.default_rng(1), inside, count=30, radius_px=(1.0, 2.0))
    assert spots.max() <= 1
    assert spots[inside].any()
    assert not spots[:16].any()
    assert not spots[:, 44:].any()


def test_no_granules_without_a_place_or_a_number() -> None:
    everywhere, nowhere = np.ones((9, 9), bool), np.zeros((9, 9), bool)
    assert not scatter(np.random.default_rng(1), everywhere, count=0, radius_px=(1, 1)).any()
    assert not scatter(np.random.default_rng(1), nowhere, count=5, radius_px=(1, 1)).any()


def test_bending_by_nothing_changes_nothing() -> None:
    picture = np.random.default_rng(2).random((20, 30), dtype=np.float32)
    np.testing.assert_allclose(bent(np.random.default_rng(1), picture, scale_px=4, by_px=0), picture)

from __future__ import annotations

import numpy as np
import pytest

from leukoscope.domain.images import Pixels
from leukoscope.errors import UnsupportedImageError
from leukoscope.imaging.stain import (
    RGB_OF_HED,
    color_statistics,
    normalize,
    normalize_macenko,
    normalize_reinhard,
    stain_statistics,
)

HEMATOXYLIN, EOSIN = np.array(RGB_OF_HED[0]), np.array(RGB_OF_HED[1])


def _section(strength: float = 1.0, glass: float = 240.0, seed: int = 0) -> Pixels:
    """A mixture of exactly two dyes, with a band of glass."""
    rng = np.random.default_rng(seed)
    amounts = rng.dirichlet((0.3, 0.3), 64 * 64) * rng.uniform(0.4, 1.0, (64 * 64, 1)) * strength
    light = glass * np.exp(-(amounts @ np.stack([HEMATOXYLIN, EOSIN])))
    picture = np.round(light).astype(np.uint8).reshape(64, 64, 3)
    picture[:20] = round(glass)
    return picture


def _angle(first: object, second: object) -> float:
    one, other = np.asarray(first, float), np.asarray(second, float)
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    return float(np.degrees(np.arccos(min(1.0, cosine))))


def test_the_dyes_of_a_mixture_of_two_are_found() -> None:
    found = stain_statistics(_section())
    assert _angle(found.first, HEMATOXYLIN) < 4
    assert _angle(found.second, EOSIN) < 4
    assert found.unexplained < 1e-3
    assert found.glass == (240, 240, 240)


def test_a_third_color_is_told_as_unexplained() -> None:
    picture = _section()
    picture[40:, :32] = (230, 225, 70)  # absorbs blue only, as hemoglobin nearly does
    assert stain_statistics(picture).unexplained > 0.02


def test_macenko_brings_a_weak_stain_under_another_lamp_to_the_reference() -> None:
    reference, weak = _section(), _section(strength=0.6, glass=200.0)
    reached = normalize_macenko(weak, stain_statistics(reference))
    before = np.abs(weak.astype(float) - reference).mean()
    after = np.abs(reached.astype(float) - reference).mean()
    assert after < before / 5


def test_reinhard_reaches_mean_and_spread() -> None:
    reference = color_statistics(_section())
    reached = color_statistics(normalize_reinhard(_section(strength=0.7, seed=5), reference))
    assert reached.mean == pytest.approx(reference.mean, abs=0.02)
    assert reached.spread == pytest.approx(reference.spread, abs=0.02)


def test_a_picture_normalized_to_itself_stays() -> None:
    picture = _section()
    assert np.abs(normalize(picture, color_statistics(picture)).astype(int) - picture).max() <= 2
    assert np.abs(normalize(picture, stain_statistics(picture)).astype(int) - picture).mean() <= 2


def test_a_black_frame_stays_black() -> None:
    picture = _section()
    picture[:, :30] = 0
    for reference in (color_statistics(_section()), stain_statistics(_section())):
        assert not normalize(picture, reference)[:, :30].any()


def test_a_picture_that_shows_nothing_is_refused() -> None:
    with pytest.raises(UnsupportedImageError, match="all black"):
        color_statistics(np.zeros((9, 9, 3), np.uint8))
    with pytest.raises(UnsupportedImageError, match="carry stain"):
        stain_statistics(np.full((40, 40, 3), 220, np.uint8))


def test_the_matrix_is_that_of_scikit_image() -> None:
    color = pytest.importorskip("skimage.color")
    assert np.allclose(RGB_OF_HED, color.rgb_from_hed)

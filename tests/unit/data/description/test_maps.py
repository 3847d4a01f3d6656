from __future__ import annotations

import numpy as np
import pytest

from leukoscope.data.description.maps import FEWEST_FOR_UMAP, map_pictures


def two_islands(n: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(0, 0.1, (n, 5)), rng.normal(3, 0.1, (n, 5))])


def test_pca_keeps_what_a_singular_value_decomposition_finds():
    features = np.random.default_rng(3).normal(size=(25, 4)) * [1, 5, 2, 9]
    (pca,) = map_pictures(features, np.arange(25), "numbers", seed=0)
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    left, values, _ = np.linalg.svd(scaled, full_matrices=False)

    assert pca.method == "PCA"
    assert np.abs(pca.points) == pytest.approx(np.abs(left[:, :2] * values[:2]))
    assert pca.explained == pytest.approx(tuple((values**2 / (values**2).sum())[:2]))


def test_umap_keeps_two_islands_apart_and_draws_the_same_map_again():
    features = two_islands(FEWEST_FOR_UMAP)
    maps = [map_pictures(features, np.arange(len(features)), "numbers", seed=4) for _ in range(2)]
    points = maps[0][1].points
    near, far = points[:FEWEST_FOR_UMAP], points[FEWEST_FOR_UMAP:]
    within = np.linalg.norm(near - near.mean(axis=0), axis=1).max()

    assert [one.method for one in maps[0]] == ["PCA", "UMAP"]
    assert np.linalg.norm(near.mean(axis=0) - far.mean(axis=0)) > within
    assert (maps[1][1].points == points).all()


@pytest.mark.parametrize("features", [np.zeros((2, 5)), np.ones((50, 5)), np.zeros((0, 5))])
def test_too_few_or_equal_pictures_have_no_map(features):
    assert map_pictures(features, np.arange(len(features)), "numbers", seed=0) == ()

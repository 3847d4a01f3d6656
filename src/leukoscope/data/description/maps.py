"""Which pictures are alike?  A plane on which like pictures lie together: PCA, and UMAP."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.description.values import PictureMap
from leukoscope.errors import require_extra

Floats = NDArray[np.float64]

FEWEST_FOR_UMAP = 30
_NEIGHBORS = 15
_COMPONENTS = 30
"""UMAP is given the first principal components only: faster, and the rest is noise."""


def map_pictures(features: Floats, rows: NDArray[np.int64], basis: str, *, seed: int) -> tuple[PictureMap, ...]:
    """Maps of pictures by their features: PCA, and UMAP where there are enough pictures.

    Args:
        features: Shape (pictures, numbers); each number is standardized here.
        rows: The rows of the pictures in the manifest.
        basis: What the features are, for people.
        seed: Seed of UMAP.

    Returns:
        No map for fewer than three pictures, or where all are the same.

    References:
        McInnes, Healy and Melville 2018, "UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction".
    """
    if len(features) < 3:
        return ()
    varied = features[:, features.std(axis=0) > 1e-9]
    if varied.shape[1] < 2:
        return ()
    scaled = (varied - varied.mean(axis=0)) / varied.std(axis=0)
    components, explained = _principal(scaled, min(_COMPONENTS, *scaled.shape), seed)
    maps = [PictureMap("PCA", basis, components[:, :2], rows, (float(explained[0]), float(explained[1])))]
    if len(scaled) >= FEWEST_FOR_UMAP:
        maps.append(PictureMap("UMAP", basis, _umap(components, seed), rows))
    return tuple(maps)


def _principal(scaled: Floats, number: int, seed: int) -> tuple[Floats, Floats]:
    require_extra("data", "sklearn")
    from sklearn.decomposition import PCA

    found = PCA(number, random_state=seed)
    components = np.asarray(found.fit_transform(scaled), dtype=np.float64)
    return components, np.asarray(found.explained_variance_ratio_, dtype=np.float64)


def _umap(components: Floats, seed: int) -> Floats:
    require_extra("data", "umap")
    with warnings.catch_warnings():
        # It warns that a seed makes it run on one core; that is the price of the same map each time.
        warnings.simplefilter("ignore")
        from umap import UMAP

        plane = UMAP(n_neighbors=min(_NEIGHBORS, len(components) - 1), random_state=seed)
        return np.asarray(plane.fit_transform(components.astype(np.float32)), dtype=np.float64)

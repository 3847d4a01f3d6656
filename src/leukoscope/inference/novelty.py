"""Does an input look like anything the model was trained on?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.card import NoveltyCard


def novelty_distance(embedding: NDArray[np.float32], card: NoveltyCard) -> NDArray[np.float64]:
    """Distance of each embedding to the nearest class mean.

    The graph's embedding is whitened by the training classes' shared covariance, so this Euclidean distance is the
    Mahalanobis distance.

    Args:
        embedding: Shape (n, dimensions).
        card: Class means and limit.

    Returns:
        Distances, shape (n,); above `card.limit` an input is novel.

    References:
        Lee et al. 2018, "A simple unified framework for detecting out-of-distribution samples", section 2.1.
    """
    means = np.asarray(card.class_means, dtype=np.float64)
    points = embedding.astype(np.float64)
    # |a - b|^2 without the (n, classes, dimensions) intermediate.
    squared = (points**2).sum(1)[:, None] + (means**2).sum(1)[None, :] - 2 * points @ means.T
    return np.asarray(np.sqrt(np.maximum(squared.min(axis=1), 0)))

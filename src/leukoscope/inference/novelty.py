"""Does an input look like anything the model was trained on?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.card import Card, NoveltyCard
from leukoscope.errors import BundleMismatchError


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
    with np.errstate(invalid="ignore"):  # what is no number stays one, see `is_novel`
        squared = (points**2).sum(1)[:, None] + (means**2).sum(1)[None, :] - 2 * points @ means.T
    return np.asarray(np.sqrt(np.maximum(squared.min(axis=1), 0)))


def is_novel(embedding: NDArray[np.float32], card: NoveltyCard) -> NDArray[np.bool_]:
    """Whether each embedding lies outside of what was learned from, shape (n,); a distance that is no number does."""
    return np.asarray(~(novelty_distance(embedding, card) <= card.limit), np.bool_)


def demand_embedding(embedding: NDArray[np.float32], n: int, card: Card) -> None:
    """Refuse what novelty could not be judged by.

    Args:
        embedding: What a graph gave.
        n: How many inputs it was given.
        card: Its card.

    Raises:
        BundleMismatchError: A number is not finite, or the shape is not (n, dimensions of the card's class means).
    """
    means = () if card.novelty is None else card.novelty.class_means
    wanted = (len(means[0]),) if means else embedding.shape[1:]
    ragged = len({len(row) for row in means}) > 1
    if ragged or embedding.shape != (n, *wanted) or not np.isfinite(embedding).all():
        raise BundleMismatchError(
            f"{card.name} gave an embedding of shape {embedding.shape} for {n} inputs, expected {(n, *wanted)}, or "
            "values that are no numbers.",
            hint="Run `leukoscope model verify` on the bundle.",
        )

"""How far does a cell lie from what a model learned?  A space in which a class's spread is 1 in every direction."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_log = logging.getLogger(__name__)
_LEAST_SPREAD = 0.02
"""Of a feature, over its own size and over the others' median spread; less counts as this much."""
_LEAST_VARIANCE = 0.01
"""Of a direction among scaled features, over the mean of all directions."""
_ALIKE = 1e-3
"""Largest spread of any feature, over the size of all, at which a network says the same of every picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Whitening:
    """Takes features to a space where a class's spread is 1 in every direction.

    Attributes:
        center: Mean feature, shape (d,).
        matrix: Multiplied from the right, shape (d, d).
        class_means: Whitened mean of each class, shape (classes, d).
    """

    center: NDArray[np.float64]
    matrix: NDArray[np.float64]
    class_means: NDArray[np.float64]

    def apply(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Whitened features, shape (n, d)."""
        return np.asarray((features - self.center) @ self.matrix)

    def distances(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance of each picture to the nearest class mean, shape (n,)."""
        points = self.apply(features)
        return np.asarray(np.min([np.linalg.norm(points - mean, axis=1) for mean in self.class_means], axis=0))


def fit_whitening(features: NDArray[np.float64], targets: NDArray[np.int64], classes: int) -> Whitening:
    """Fit the shared within-class covariance, shrunk, and turn it into a whitening.

    What hardly changes among the training pictures is not stretched without bound: a feature in 32 bits that is all
    but constant changes by rounding alone, which two runtimes do differently, and a unit that no training picture woke
    would drown all others once it wakes. A network that says the same of every picture, as one with hundreds of layers
    does after a few steps, is not stretched at all: there is nothing but rounding.

    Args:
        features: Pooled features of the training pictures, shape (n, d).
        targets: Class numbers, shape (n,); every class occurs.
        classes: Number of classes.

    References:
        Ledoit and Wolf 2004, "A well-conditioned estimator for large-dimensional covariance matrices"; Lee et al. 2018,
        "A simple unified framework for detecting out-of-distribution samples", section 2.1.
    """
    from sklearn.covariance import LedoitWolf

    means = np.stack([features[targets == one].mean(0) for one in range(classes)])
    # Features differ in scale by orders of magnitude; shrinking toward one common variance would drown the small ones.
    size, center = float(np.sqrt((features**2).mean())), features.mean(0)
    if (features - means[targets]).std(0).max() < _ALIKE * size:
        _log.warning("The network says nearly the same of every training picture: train it longer.")
        matrix = np.eye(features.shape[1]) / size
        return Whitening(center, matrix, (means - center) @ matrix)
    scale = _scale(features, features - means[targets])
    covariance = LedoitWolf(assume_centered=True).fit((features - means[targets]) / scale).covariance_
    values, vectors = np.linalg.eigh(covariance)
    values = np.maximum(values, _LEAST_VARIANCE * max(float(values.mean()), _LEAST_VARIANCE))
    matrix = (vectors / np.sqrt(values)) / scale[:, None]
    return Whitening(center, matrix, (means - center) @ matrix)


def _scale(features: NDArray[np.float64], rest: NDArray[np.float64]) -> NDArray[np.float64]:
    """By what each feature is divided: its spread within classes, but no less than rounding could make of it."""
    spread = rest.std(0)
    alive = spread[spread > 0]
    usual = float(np.median(alive)) if len(alive) else 1.0
    size = np.sqrt((features**2).mean(0))
    return np.asarray(np.maximum(spread, _LEAST_SPREAD * np.maximum(size, usual)))

"""What does color alone tell?  Twelve numbers of a picture, and five nearest neighbors on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.pictures import PictureSet
from leukoscope.domain.images import Pixels

Floats = NDArray[np.float64]
NEIGHBORS = 5


def color_numbers(images: Pixels) -> Floats:
    """Mean and standard deviation of red, green, blue, hue angle's sine, saturation and value, shape (n, 12).

    Args:
        images: uint8, shape (n, height, width, 3).
    """
    return np.stack([numbers_of(color_planes(image)) for image in images]) if len(images) else np.zeros((0, 12))


def color_planes(colors: Pixels) -> Floats:
    """Red, green, blue, hue angle's sine, saturation and value of every pixel, in [-1, 1], shape (6, pixels).

    Args:
        colors: uint8, shape (..., 3).
    """
    red, green, blue = np.ascontiguousarray(colors.reshape(-1, 3).T) / 255.0
    top = np.maximum(np.maximum(red, green), blue)
    spread = top - np.minimum(np.minimum(red, green), blue)
    along, across = red - (green + blue) / 2, (green - blue) * (np.sqrt(3) / 2)
    length = np.hypot(along, across)
    hue = np.divide(across, length, out=np.zeros_like(length), where=length > 0)
    saturation = np.divide(spread, top, out=np.zeros_like(top), where=top > 0)
    return np.stack([red, green, blue, hue, saturation, top])


def numbers_of(planes: Floats) -> Floats:
    """Mean and standard deviation of each plane, shape (12,); zeros where there is no pixel."""
    return np.concatenate([planes.mean(axis=1), planes.std(axis=1)]) if planes.shape[1] else np.zeros(12)


def color_probe(known: PictureSet, asked: PictureSet) -> float:
    """Accuracy of five nearest neighbors on twelve standardized color numbers.

    Args:
        known: Pictures whose classes are known.
        asked: Pictures to name.
    """
    return neighbors_accuracy(color_numbers(known.images), known.targets, color_numbers(asked.images), asked.targets)


def neighbors_accuracy(
    known: Floats, known_classes: NDArray[np.int64], asked: Floats, asked_classes: NDArray[np.int64]
) -> float:
    """The same on numbers that are known already, each shape (n, numbers) and (n,)."""
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), KNeighborsClassifier(NEIGHBORS))
    probe.fit(known, known_classes)
    return float(probe.score(asked, asked_classes))

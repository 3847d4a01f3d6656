"""What does color alone tell?  Twelve numbers of a picture, and five nearest neighbors on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.pictures import PictureSet
from leukoscope.domain.images import Pixels

NEIGHBORS = 5
_CHUNK = 64
"""Pictures at a time, so that memory stays flat."""


def color_numbers(images: Pixels) -> NDArray[np.float64]:
    """Mean and standard deviation of red, green, blue, hue angle's sine, saturation and value, shape (n, 12).

    Args:
        images: uint8, shape (n, height, width, 3).
    """
    return np.concatenate([_of_some(images[start : start + _CHUNK]) for start in range(0, len(images), _CHUNK)])


def color_numbers_of(colors: Pixels) -> NDArray[np.float64]:
    """The same twelve numbers of pixels in no order, as of a part of a picture; zeros where there are none.

    Args:
        colors: uint8, shape (pixels, 3).
    """
    return _of_some(colors[None, None])[0] if len(colors) else np.zeros(12)


def color_probe(known: PictureSet, asked: PictureSet) -> float:
    """Accuracy of five nearest neighbors on twelve standardized color numbers.

    Args:
        known: Pictures whose classes are known.
        asked: Pictures to name.
    """
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), KNeighborsClassifier(NEIGHBORS))
    probe.fit(color_numbers(known.images), known.targets)
    return float(probe.score(color_numbers(asked.images), asked.targets))


def _of_some(images: Pixels) -> NDArray[np.float64]:
    pixels = images.reshape(len(images), -1, 3).astype(np.float64) / 255
    top, spread = pixels.max(axis=2), pixels.max(axis=2) - pixels.min(axis=2)
    along = pixels[..., 0] - (pixels[..., 1] + pixels[..., 2]) / 2
    across = (pixels[..., 1] - pixels[..., 2]) * np.sqrt(3) / 2
    length = np.hypot(along, across)
    hue = np.divide(across, length, out=np.zeros_like(length), where=length > 0)
    saturation = np.divide(spread, top, out=np.zeros_like(top), where=top > 0)
    planes = np.concatenate([pixels, np.stack([hue, saturation, top], axis=2)], axis=2)
    return np.concatenate([planes.mean(axis=1), planes.std(axis=1)], axis=1)

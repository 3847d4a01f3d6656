"""What a foreign network is given and what its answers mean, in NumPy: the second opinion on the wrapped graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.modeling.importing.statement import Statement

Floats = NDArray[np.float32]


def prepared(images: Pixels, statement: Statement) -> Floats:
    """Pictures as the network takes them, float32, axes in its order.

    Args:
        images: uint8 RGB, shape (n, height, width, 3).
        statement: What the network takes.
    """
    values = images[..., ::-1] if statement.colors == "bgr" else images
    scaled = (values.astype(np.float64) / 255 - statement.scaling.mean) / statement.scaling.std
    ordered = scaled if statement.layout == "nhwc" else scaled.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(ordered, dtype=np.float32)


def finished(answers: Floats, statement: Statement) -> NDArray[np.float64]:
    """Probabilities of the classes from what the network gave, shape (n, classes)."""
    values = answers.astype(np.float64)
    if statement.gives == "logits":
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))
    if not statement.single:
        return values
    positive = 1 / (1 + np.exp(-values)) if statement.gives == "one-logit" else values
    both = [1 - positive, positive]
    return np.concatenate(both if statement.labels.index(statement.positive) else both[::-1], axis=1)

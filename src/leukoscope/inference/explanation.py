"""Why this class: the part of the class-activation map that speaks for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def normalized_map(activation: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale one class's activation map to [0, 1] for drawing.

    Places that speak against the class become 0, the strongest place for it 1; a map with no place for it is all 0.

    Args:
        activation: Logit per place, shape (rows, columns).

    References:
        Zhou et al. 2016, "Learning deep features for discriminative localization".

    Example:
        >>> normalized_map(np.array([[-1.0, 0.0], [1.0, 2.0]], dtype=np.float32)).tolist()
        [[0.0, 0.0], [0.5, 1.0]]
    """
    positive = np.maximum(activation, 0)
    peak = float(positive.max())
    return np.asarray(positive / peak if peak > 0 else positive, dtype=np.float32)

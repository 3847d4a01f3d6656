"""What lies where in a picture, many at a time: boxes as arrays, with class numbers and, from a detector, scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """Objects that somebody marked in a picture.

    Attributes:
        boxes: x0, y0, x1, y1 in pixels, shape (n, 4).
        labels: Class numbers, shape (n,).

    Raises:
        InvalidValueError: Shapes do not fit, or a box has no area.
    """

    boxes: Floats
    labels: Numbers

    def __post_init__(self) -> None:
        if self.boxes.shape != (len(self.labels), 4) or self.labels.ndim != 1:
            raise InvalidValueError(
                f"Boxes must be (n, 4) and labels (n,), got {self.boxes.shape}, {self.labels.shape}."
            )
        if not (self.boxes[:, 2:] > self.boxes[:, :2]).all():
            raise InvalidValueError("A box needs x1 > x0 and y1 > y0.")

    def __len__(self) -> int:
        """Number of objects."""
        return len(self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Objects that a detector found in a picture, the surest first.

    Attributes:
        boxes: x0, y0, x1, y1 in pixels, shape (n, 4).
        scores: How sure, in [0, 1], falling, shape (n,).
        labels: Class numbers, shape (n,).

    Raises:
        InvalidValueError: Shapes do not fit, or the scores do not fall.
    """

    boxes: Floats
    scores: Floats
    labels: Numbers

    def __post_init__(self) -> None:
        n = len(self.scores)
        if self.boxes.shape != (n, 4) or self.labels.shape != (n,) or self.scores.ndim != 1:
            raise InvalidValueError(
                f"Boxes must be (n, 4), scores and labels (n,), got {self.boxes.shape}, {self.scores.shape}, "
                f"{self.labels.shape}."
            )
        if (np.diff(self.scores) > 0).any():
            raise InvalidValueError("Detections must come with falling scores.")

    def __len__(self) -> int:
        """Number of objects."""
        return len(self.scores)

    def above(self, score: float) -> Detections:
        """Those with at least this score."""
        kept = self.scores >= score
        return Detections(self.boxes[kept], self.scores[kept], self.labels[kept])

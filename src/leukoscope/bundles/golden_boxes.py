"""Golden samples of a detector: synthetic inputs, and the boxes, scores and labels the trainer got."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.golden import npz_of, read_npz
from leukoscope.errors import InvalidBundleError

_NAMES = ("images", "boxes", "scores", "labels")


@dataclass(frozen=True, slots=True, eq=False)
class GoldenBoxes:
    """Inputs and expected outputs of a detection graph, before suppression.

    Attributes:
        images: uint8, shape (n, height, width, 3), drawn by `leukoscope.synthetic`.
        boxes: float32, shape (n, k, 4).
        scores: float32, shape (n, k).
        labels: int64, shape (n, k).

    Raises:
        InvalidBundleError: Shapes or types do not fit.
    """

    images: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        n, k = (*self.scores.shape, 0)[:2]
        fits = self.boxes.shape == (n, k, 4) and self.labels.shape == self.scores.shape == (n, k)
        if self.images.dtype != np.uint8 or self.images.ndim != 4 or not fits or len(self.images) != n or not n * k:
            raise InvalidBundleError("golden.npz does not hold matching samples.", hint="Export the bundle again.")

    def to_bytes(self) -> bytes:
        """The samples as a compressed npz."""
        return npz_of({name: getattr(self, name) for name in _NAMES})

    @classmethod
    def from_bytes(cls, content: bytes) -> GoldenBoxes:
        """Read samples; never unpickles, and unpacks at most 256 MiB.

        Raises:
            InvalidBundleError: The content is damaged, lacks an array or unpacks to too much.
        """
        return cls(**read_npz(content, _NAMES, frozenset(_NAMES)))

"""Golden samples of a classifier of measurements: drawn cells, what the trainer measured on them, and what it said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.golden import npz_of, read_npz
from leukoscope.errors import InvalidBundleError

_NAMES = ("images", "columns", "probabilities", "embedding")


@dataclass(frozen=True, slots=True, eq=False)
class GoldenColumns:
    """Inputs and expected outputs; the pictures prove that measuring has not changed since.

    Attributes:
        images: uint8, shape (n, height, width, 3), one drawn cell each.
        columns: float32, shape (n, columns), as measured on them; NaN where something could not be measured.
        probabilities: float32, shape (n, classes).
        embedding: float32, shape (n, dimensions).

    Raises:
        InvalidBundleError: Shapes or types do not fit.
    """

    images: NDArray[np.uint8]
    columns: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    embedding: NDArray[np.float32]

    def __post_init__(self) -> None:
        tables = (self.columns, self.probabilities, self.embedding)
        fits = all(one.ndim == 2 and len(one) == len(self.images) and one.dtype == np.float32 for one in tables)
        if self.images.dtype != np.uint8 or self.images.ndim != 4 or not len(self.images) or not fits:
            raise InvalidBundleError("golden.npz does not hold matching samples.", hint="Export the bundle again.")

    def to_bytes(self) -> bytes:
        """The samples as a compressed npz."""
        return npz_of({name: getattr(self, name) for name in _NAMES})

    @classmethod
    def from_bytes(cls, content: bytes) -> GoldenColumns:
        """Read samples; never unpickles, and unpacks at most 256 MiB.

        Raises:
            InvalidBundleError: The content is damaged, lacks an array or unpacks to too much.
        """
        return cls(**read_npz(content, _NAMES, frozenset(_NAMES)))

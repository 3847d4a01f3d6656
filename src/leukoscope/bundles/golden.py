"""Golden samples: synthetic inputs and the outputs the trainer got, so that any runtime can prove it agrees."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidBundleError

_NAMES = ("images", "probabilities", "embedding", "activation_map")


@dataclass(frozen=True, slots=True, eq=False)
class GoldenSamples:
    """Inputs and expected outputs of a classification graph.

    Attributes:
        images: uint8, shape (n, height, width, 3), drawn by `leukoscope.synthetic`.
        probabilities: float32, shape (n, classes).
        embedding: float32, shape (n, dimensions).
        activation_map: float32, shape (n, classes, rows, columns).

    Raises:
        InvalidBundleError: Shapes or types do not fit.
    """

    images: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    embedding: NDArray[np.float32]
    activation_map: NDArray[np.float32]

    def __post_init__(self) -> None:
        lengths = {len(getattr(self, name)) for name in _NAMES}
        if self.images.dtype != np.uint8 or self.images.ndim != 4 or len(lengths) != 1 or lengths == {0}:
            raise InvalidBundleError("golden.npz does not hold matching samples.", hint="Export the bundle again.")

    def to_bytes(self) -> bytes:
        """The samples as a compressed npz."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **{name: getattr(self, name) for name in _NAMES})
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> GoldenSamples:
        """Read samples; never unpickles.

        Raises:
            InvalidBundleError: The content is damaged or lacks an array.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                return cls(*(arrays[name] for name in _NAMES))
        except (KeyError, ValueError, OSError, zipfile.BadZipFile) as fault:
            raise InvalidBundleError("golden.npz cannot be read.", hint="Export the bundle again.") from fault

"""Golden samples of a segmenter: synthetic windows, and the masks the trainer got."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.golden import npz_of, read_npz
from leukoscope.errors import InvalidBundleError

_NAMES = ("images", "masks")


@dataclass(frozen=True, slots=True, eq=False)
class GoldenMasks:
    """Inputs and expected outputs of a segmentation graph.

    Attributes:
        images: uint8, shape (n, side, side, 3), drawn by `leukoscope.synthetic`.
        masks: float32, shape (n, 2, side, side), in [0, 1].

    Raises:
        InvalidBundleError: Shapes or types do not fit.
    """

    images: NDArray[np.uint8]
    masks: NDArray[np.float32]

    def __post_init__(self) -> None:
        expected = (len(self.images), 2, *self.images.shape[1:3])
        if (
            self.images.dtype != np.uint8
            or self.images.ndim != 4
            or self.masks.shape != expected
            or not self.masks.size
        ):
            raise InvalidBundleError("golden.npz does not hold matching samples.", hint="Export the bundle again.")

    def to_bytes(self) -> bytes:
        """The samples as a compressed npz."""
        return npz_of({name: getattr(self, name) for name in _NAMES})

    @classmethod
    def from_bytes(cls, content: bytes) -> GoldenMasks:
        """Read samples; never unpickles, and unpacks at most 256 MiB.

        Raises:
            InvalidBundleError: The content is damaged, lacks an array or unpacks to too much.
        """
        return cls(**read_npz(content, _NAMES, frozenset(_NAMES)))

"""Golden samples: synthetic inputs and the outputs the trainer got, so that any runtime can prove it agrees."""

from __future__ import annotations

import io
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidBundleError

_NAMES = ("images", "probabilities", "embedding", "activation_map")
_NEEDED = frozenset({"images", "probabilities"})
MAX_UNPACKED_BYTES = 256 << 20
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # zipfile unpacks the others without a bound
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
# What zipfile and NumPy are known to raise on damaged bytes; RecursionError is a RuntimeError.
_DAMAGE = (
    *(KeyError, ValueError, TypeError, SyntaxError, EOFError, OSError, OverflowError, MemoryError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError),
)


@dataclass(frozen=True, slots=True, eq=False)
class GoldenSamples:
    """Inputs and expected outputs of a classification graph.

    Attributes:
        images: uint8, shape (n, height, width, 3), drawn by `leukoscope.synthetic`.
        probabilities: float32, shape (n, classes).
        embedding: float32, shape (n, dimensions); None where the graph has none, as imported ones.
        activation_map: float32, shape (n, classes, rows, columns); None where the graph has none.

    Raises:
        InvalidBundleError: Shapes or types do not fit.
    """

    images: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    embedding: NDArray[np.float32] | None = None
    activation_map: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        lengths = {array.shape[:1] for array in self._arrays().values()}
        if self.images.dtype != np.uint8 or self.images.ndim != 4 or len(lengths) != 1 or lengths == {(0,)}:
            raise InvalidBundleError("golden.npz does not hold matching samples.", hint="Export the bundle again.")

    def to_bytes(self) -> bytes:
        """The samples as a compressed npz."""
        return npz_of(self._arrays())

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {name: getattr(self, name) for name in _NAMES if getattr(self, name) is not None}

    @classmethod
    def from_bytes(cls, content: bytes) -> GoldenSamples:
        """Read samples; never unpickles, and unpacks at most 256 MiB.

        Raises:
            InvalidBundleError: The content is damaged, lacks an array or unpacks to too much.
        """
        return cls(**read_npz(content, _NAMES, _NEEDED))


def npz_of(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as a compressed npz."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def read_npz(content: bytes, names: Sequence[str], needed: frozenset[str]) -> dict[str, NDArray[Any]]:
    """The arrays of these names in golden.npz; never unpickles, and unpacks at most 256 MiB.

    Raises:
        InvalidBundleError: The content is damaged, lacks an array that is needed, or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_size(archive)
            there = {name for name in names if f"{name}.npy" in archive.namelist()}
            return {name: _read_array(archive, name) for name in names if name in there or name in needed}
    except InvalidBundleError:
        raise
    except _DAMAGE as fault:
        raise InvalidBundleError("golden.npz cannot be read.", hint="Export the bundle again.") from fault


def _check_size(archive: zipfile.ZipFile) -> None:
    # zipfile never unpacks a member beyond its declared size, so the declared sizes bound what is read.
    size = sum(member.file_size for member in archive.infolist())
    if size > MAX_UNPACKED_BYTES:
        raise InvalidBundleError(
            f"golden.npz unpacks to {size} bytes; at most {MAX_UNPACKED_BYTES} are read.",
            hint="Export the bundle with fewer samples.",
        )


def _read_array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    member = archive.getinfo(f"{name}.npy")
    if member.compress_type not in _COMPRESSIONS:
        raise InvalidBundleError(f"{name} of golden.npz is neither stored nor deflated.", hint="Export it again.")
    content = archive.read(member)
    _check_header(name, content)
    return np.asarray(np.lib.format.read_array(io.BytesIO(content), allow_pickle=False))


def _check_header(name: str, content: bytes) -> None:
    # NumPy allocates what the header claims before it reads, so the claim is held against what is there.
    stream = io.BytesIO(content)
    shape, _, dtype = _HEADERS[np.lib.format.read_magic(stream)](stream)
    claimed, there = math.prod(shape) * dtype.itemsize, len(content) - stream.tell()
    if claimed > there:
        raise InvalidBundleError(
            f"{name} of golden.npz claims {claimed} bytes, but {there} are there.", hint="Export the bundle again."
        )

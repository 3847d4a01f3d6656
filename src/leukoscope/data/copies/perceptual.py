"""Which pictures look alike at a glance?  Perceptual hashes of 64 bits, those of all eight turns, and near ones.

References:
    Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions" (the pHash of the ImageHash
    package, which computes it).
    Norouzi, Punjani, Fleet 2012, "Fast Search in Hamming Space with Multi-Index Hashing".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.errors import InvalidValueError, require_extra

Hashes = NDArray[np.uint64]
Pairs = NDArray[np.int64]

_LARGEST_BUCKET = 2000
"""A quarter of the hash that more pictures share says nothing: such a bucket is told of, not searched."""


def perceptual_hash(pixels: Pixels) -> str:
    """The 64-bit pHash of a picture, 16 hexadecimal digits.

    Example:
        >>> perceptual_hash(np.zeros((40, 40, 3), np.uint8))
        '0000000000000000'
    """
    require_extra("data", "imagehash")
    import imagehash
    from PIL import Image

    return str(imagehash.phash(Image.fromarray(np.ascontiguousarray(pixels))))


def hashes_of_turns(pixels: Pixels) -> tuple[str, ...]:
    """The hashes of the eight turns and flips: upright and turned by quarters, then the same mirrored.

    The first is that of the picture itself.
    """
    small = _as_hashed(pixels)
    return tuple(perceptual_hash(np.rot90(side, quarter)) for side in (small, small[:, ::-1]) for quarter in range(4))


def near_hashes(hashes: Sequence[str] | Hashes, most_bits: int) -> Pairs:
    """All pairs of hashes that differ in few bits.

    Args:
        hashes: Hexadecimal digits, or 64-bit numbers; a million take seconds.
        most_bits: Largest difference, 0 to 3: each of such hashes shares one of its four quarters with the other.

    Returns:
        Positions of both, the smaller first, shape (pairs, 2), sorted.

    Raises:
        InvalidValueError: `most_bits` lies outside 0 to 3.

    Example:
        >>> near_hashes(["00000000000000ff", "ffffffffffffffff", "00000000000000fe"], 1).tolist()
        [[0, 2]]
    """
    if not 0 <= most_bits <= 3:
        raise InvalidValueError(f"Hashes are searched up to 3 bits apart, got {most_bits}.")
    values = hashes if isinstance(hashes, np.ndarray) else np.array([int(one, 16) for one in hashes], np.uint64)
    found = [np.empty((0, 2), np.int64)]
    for quarter in range(4):
        found.extend(_near_in_quarter(values, quarter, most_bits))
    return np.unique(np.concatenate(found), axis=0)


def _as_hashed(pixels: Pixels) -> Pixels:
    """The small picture that the hash sees; turning it is turning the picture, and costs nothing."""
    from PIL import Image

    gray = Image.fromarray(np.ascontiguousarray(pixels)).convert("L").resize((32, 32), Image.Resampling.LANCZOS)
    return np.repeat(np.asarray(gray)[..., None], 3, axis=2)


def _near_in_quarter(values: Hashes, quarter: int, most_bits: int) -> list[Pairs]:
    keys = (values >> np.uint64(16 * quarter)) & np.uint64(0xFFFF)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    length = np.diff(np.append(np.flatnonzero(np.append(True, keys[1:] != keys[:-1])), len(keys)))
    rank = np.arange(len(keys)) - np.repeat(np.cumsum(length) - length, length)
    left = np.repeat(length, length) - rank
    left[np.repeat(length, length) > _LARGEST_BUCKET] = 0
    pairs = []
    # Every hash against the next one of its bucket, then the one after it, and so on: whole columns at a time.
    alive = np.flatnonzero(left > 1)
    step = 1
    while len(alive):
        one, other = order[alive], order[alive + step]
        close = np.bitwise_count(values[one] ^ values[other]) <= most_bits
        pairs.append(np.sort(np.stack([one[close], other[close]], axis=1), axis=1))
        step += 1
        alive = alive[left[alive] > step]
    return pairs

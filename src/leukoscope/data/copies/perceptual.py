"""Which pictures look alike at a glance?  Perceptual hashes of 64 bits, those of all eight turns, and near ones.

References:
    Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions" (the pHash of the ImageHash
    package, which computes its DCT and its bits).
    Norouzi, Punjani, Fleet 2012, "Fast Search in Hamming Space with Multi-Index Hashing".
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.errors import InvalidValueError, require_extra
from leukoscope.imaging.reading import upright

if TYPE_CHECKING:
    from PIL.Image import Image

Hashes = NDArray[np.uint64]
Pairs = NDArray[np.int64]
Floats = NDArray[np.float64]

HASHED_SIDE = 32
_FREQUENCIES = 8
_NEAR_TIE = 1e-6
"""A frequency is at most 1,044,480; in whatever order its products are added, sums differ by less than 1e-7."""
_LARGEST_BUCKET = 2000
"""A quarter of the hash that more pictures share says nothing: such a bucket is told of, not searched."""


def perceptual_hash(pixels: Pixels) -> str:
    """The 64-bit pHash of a picture, 16 hexadecimal digits.

    The picture is made gray, then smaller by whole pixels to 96 or more, then by Lanczos to 32 x 32; the rest is
    that of ImageHash. Its own way goes to 32 x 32 at once, which takes longer than decoding a JPEG; two in ten pictures
    differ from it in two bits.

    Example:
        >>> perceptual_hash(np.zeros((40, 40, 3), np.uint8))
        '0000000000000000'
    """
    from PIL import Image as Pillow

    return hash_of_gray(Pillow.fromarray(np.ascontiguousarray(pixels)).convert("L"))


def hash_of_gray(gray: Image, orientation: int = 1) -> str:
    """The same for a gray picture of Pillow's, which may be a JPEG that was decoded to fewer pixels.

    Args:
        gray: As stored, at least 32 pixels wide and high.
        orientation: The EXIF orientation that is still to be applied, 1 to 8.
    """
    from PIL import Image as Pillow

    small = _small(gray)
    if orientation == 1:
        return _bits(small)
    return _bits(Pillow.fromarray(np.ascontiguousarray(upright(np.asarray(small), orientation))))


def hashes_of_turns(pixels: Pixels) -> tuple[str, ...]:
    """The hashes of the eight turns and flips: upright and turned by quarters, then the same mirrored.

    The first is that of the picture itself.
    """
    from PIL import Image as Pillow

    small = np.asarray(_small(Pillow.fromarray(np.ascontiguousarray(pixels)).convert("L")))
    # The small picture is all that the hash sees; turning it is turning the picture, and costs nothing.
    turns = (np.rot90(side, quarter) for side in (small, small[:, ::-1]) for quarter in range(4))
    return tuple(_bits(Pillow.fromarray(np.ascontiguousarray(turn))) for turn in turns)


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


def _small(gray: Image) -> Image:
    """The 32 x 32 values that are hashed."""
    from PIL.Image import Resampling

    return gray.resize((HASHED_SIDE, HASHED_SIDE), Resampling.LANCZOS, reducing_gap=3.0)


def _bits(small: Image) -> str:
    """Which of the lowest 8 x 8 frequencies lie above their median, as ImageHash tells, in a tenth of its time.

    It transforms all 32 x 32 frequencies. Where the two in the middle are as good as equal, as in a plain picture, the
    last digit of a sum decides, and ImageHash is asked itself. 64 numbers are handled faster by Python than by NumPy.
    """
    values = np.frombuffer(small.tobytes(), np.uint8).astype(np.float64).reshape(HASHED_SIDE, HASHED_SIDE)
    cosines = _cosines()
    low = cosines.dot(values).dot(cosines.T).ravel().tolist()
    below, above = sorted(low)[31:33]
    if above - below < _NEAR_TIE:
        return _bits_of_imagehash(small)
    median = (below + above) / 2
    return f"{int(''.join(['1' if one > median else '0' for one in low]), 2):016x}"


@cache
def _cosines() -> Floats:
    """The lowest frequencies of the discrete cosine transform (DCT-II, not normalized), shape (8, 32)."""
    at = np.arange(HASHED_SIDE) + 0.5
    return 2 * np.cos(np.pi / HASHED_SIDE * np.arange(_FREQUENCIES)[:, None] * at)


def _bits_of_imagehash(small: Image) -> str:
    require_extra("data", "imagehash")
    import imagehash

    return str(imagehash.phash(small))


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

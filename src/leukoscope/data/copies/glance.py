"""Which pictures may be copies by their perceptual hashes?  For pictures with too few keypoints to tell by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from leukoscope.data.copies.gallery import Traits
from leukoscope.data.copies.placement import Placement

_MOST_EACH = 3
_BLOCK = 512


def alike_at_a_glance(
    pictures: Sequence[Traits], most_bits: int, few_keypoints: int
) -> Iterator[tuple[int, int, Placement]]:
    """Pairs whose hashes differ in few bits, plain or turned, and how the second would have to be laid.

    Args:
        pictures: Traits of every picture.
        most_bits: Largest difference.
        few_keypoints: One of the two has fewer keypoints than this.

    Yields:
        The numbers of both pictures and the placement, for the nearest few of every picture.
    """
    few = np.array([len(one.keypoints) < few_keypoints for one in pictures], bool)
    plain = np.array([int(one.hashes[0], 16) for one in pictures], np.uint64)
    for turn in range(8):
        turned = np.array([int(one.hashes[turn], 16) for one in pictures], np.uint64)
        for start in range(0, len(plain), _BLOCK):
            bits = np.bitwise_count(plain[start : start + _BLOCK, None] ^ turned[None, :])
            later = np.arange(len(plain))[None, :] > np.arange(start, start + len(bits))[:, None]
            bits[~later | ~(few[start : start + _BLOCK, None] | few[None, :])] = 255
            for row in np.flatnonzero(bits.min(axis=1, initial=255) <= most_bits):
                for other in np.argsort(bits[row], kind="stable")[:_MOST_EACH]:
                    placed = _laid(pictures[start + int(row)], pictures[int(other)], turn)
                    if bits[row, other] <= most_bits and placed is not None:
                        yield start + int(row), int(other), placed


def _laid(first: Traits, second: Traits, turn: int) -> Placement | None:
    """The second picture turned and scaled onto the whole first; None where their shapes differ."""
    mirrored, quarter = turn >= 4, turn % 4
    width, height = (second.height, second.width) if quarter % 2 else (second.width, second.height)
    scale = first.width / width
    if abs(first.height / height / scale - 1) > 0.03:
        return None
    # Counterclockwise quarters, as numpy turns, in coordinates whose y goes down.
    cosine, sine = ((1, 0), (0, -1), (-1, 0), (0, 1))[quarter]
    linear = scale * np.array([[cosine, -sine], [sine, cosine]])
    middle = np.array([(second.width - 1) / 2, (second.height - 1) / 2])
    x, y = np.array([(first.width - 1) / 2, (first.height - 1) / 2]) - linear @ middle
    (a, b), (c, d) = linear.tolist()
    return Placement(mirrored, ((a, b, float(x)), (c, d, float(y))))

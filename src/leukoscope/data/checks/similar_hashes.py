"""Which pictures may be copies by the perceptual hashes a manifest holds?  A hint only: no pixel is looked at."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from leukoscope.data.checks.findings import Finding, Pair
from leukoscope.data.checks.gathered import Gathered, Integers, SamePairs, pairs_of
from leukoscope.data.checks.pairs import SHOWN, crossing
from leukoscope.data.copies.perceptual import near_hashes

MOST_BITS = 2
"""Cells on black share many bits; further apart, other cells are more common than copies."""


def check_similar_hashes(gathered: Gathered) -> Iterator[Finding]:
    """A warning for pairs whose perceptual hashes are nearly equal while their files differ."""
    first, second, bits = _near(gathered)
    if not len(first):
        return
    similarity = 1 - bits / 64
    pairs = pairs_of("near-duplicate", first, second, similarity, "by hash, not by pixels")
    crosses = crossing(gathered, pairs)
    order = np.lexsort((bits, ~crosses))[:SHOWN]
    yield Finding(
        "similar-hashes",
        "warning",
        f"{len(first)} pairs have nearly the same perceptual hash, {int(crosses.sum())} of them in different parts, "
        "folds or sets; whether they show the same thing only the pixels can tell.",
        "Check again with the pictures at hand, without `--without-pixels`.",
        count=len(first),
        pairs=tuple(_pair(gathered, pairs, int(place), crosses=bool(crosses[place])) for place in order),
    )


def _near(gathered: Gathered) -> tuple[Integers, Integers, Integers]:
    table = gathered.table
    rows = np.flatnonzero(
        table["phash"].notna() & ~table["sha256"].duplicated(keep="first").where(table["sha256"].notna(), other=False)
    )
    text = b"".join(str(one).encode() for one in table["phash"].iloc[rows])
    hashes = np.frombuffer(bytes.fromhex(text.decode()), dtype=">u8").astype(np.uint64)
    found = near_hashes(hashes, MOST_BITS) if len(hashes) > 1 else np.zeros((0, 2), dtype=np.int64)
    bits = np.bitwise_count(hashes[found[:, 0]] ^ hashes[found[:, 1]]).astype(np.int64)
    return rows[found[:, 0]], rows[found[:, 1]], bits


def _pair(gathered: Gathered, pairs: SamePairs, place: int, *, crosses: bool) -> Pair:
    first, second = (str(gathered.names.iat[int(rows[place])]) for rows in (pairs.first, pairs.second))
    return Pair(first, second, "near-duplicate", float(pairs.similarity[place]), crosses, pairs.note[place])

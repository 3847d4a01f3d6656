"""Which pictures are the same file, by the hashes a manifest holds?  No pixel is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from leukoscope.data.checks.gathered import Gathered, SamePairs, join_pairs, pairs_of
from leukoscope.errors import ManifestError

if TYPE_CHECKING:
    import pandas as pd


def same_files(gathered: Gathered) -> SamePairs:
    """Pictures with the same SHA-256, or whose official originals had the same.

    Of a cluster of k pictures k - 1 pairs are given: neighbors once the cluster is sorted by set, part, fold, patient
    and label, so that whatever the cluster divides is divided by one of its pairs.
    """
    by_file = _chained(gathered, gathered.table["sha256"], "")
    by_original = _chained(gathered, gathered.table["original_sha256"], "the official files were the same")
    across = _chained(gathered, _either(gathered.table), "the one's file is the other's official original")
    return join_pairs([by_file, by_original, across])


def unseen(gathered: Gathered) -> str:
    """Pictures without any hash, among which no copy can be told where pictures are not read; empty of none."""
    table = gathered.table
    without = np.flatnonzero(table[["sha256", "phash", "original_sha256"]].isna().all(axis=1).to_numpy())
    if not len(without):
        return ""
    absent = sum(_is_absent(gathered, int(row)) for row in without)
    pictures = f"{len(without)} picture{'' if len(without) == 1 else 's'} without a hash"
    return f"{pictures} ({absent} of them absent): not checked." if absent else f"{pictures}: not checked for copies."


def _is_absent(gathered: Gathered, row: int) -> bool:
    try:
        return not gathered.locate(row).is_file()
    except ManifestError:  # it lies on another machine
        return True


def _either(table: pd.DataFrame) -> pd.Series:
    """An official file beside a converted copy of it: the hash of the one stands in the other's row."""
    return table["original_sha256"].fillna(table["sha256"])


def _chained(gathered: Gathered, key: pd.Series, note: str) -> SamePairs:
    shared = key.notna() & key.duplicated(keep=False)
    order = ["key", "set", "split", "fold", "patient", "label"]
    table = gathered.table.loc[shared, order[1:]].assign(key=key[shared]).sort_values(order, kind="stable")
    rows = table.index.to_numpy(dtype=np.int64)
    keys = table["key"].to_numpy(dtype=object)
    places = np.flatnonzero(keys[1:] == keys[:-1])
    return pairs_of("same-file", rows[places], rows[places + 1], np.ones(len(places)), note)

"""What does `--fix` change?  Rows are left out, groups merged, spellings joined; pictures are never touched.

Of pictures that are copies of each other one is kept: the one furthest on the held-out side (test, then validation,
then train), so that held-out parts stay whole; of several sets, the one of the set named first. Of a field taken again
across two parts the one nearer to training is left out. What stays and shows the same thing becomes one group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.checks.files import FileFacts
from leukoscope.data.checks.gathered import Gathered, Integers, SamePairs
from leukoscope.data.checks.labels import plain_name
from leukoscope.data.checks.pairs import crossing, other_labels
from leukoscope.data.manifest import COLUMNS, PARTS, Manifest

if TYPE_CHECKING:
    import pandas as pd

Bools = NDArray[np.bool_]
_COPIES = frozenset({"same-file", "same-pixels", "near-duplicate", "augmented-copy"})


@dataclass(frozen=True, slots=True)
class Mended:
    """A new manifest, and what was done for it, one sentence each."""

    manifest: Manifest
    done: tuple[str, ...]


def mend(gathered: Gathered, pairs: SamePairs, unusable: Sequence[int], facts: Sequence[FileFacts] = ()) -> Mended:
    """A manifest without what cannot be used and without copies, with what belongs together in one group.

    Args:
        gathered: The sets; several become one, with `source` telling them apart.
        pairs: Pictures that show the same thing.
        unusable: Rows whose file is missing or cannot be read.
        facts: What the files are, in the order of the rows; fills in what the manifest does not hold.
    """
    done: list[str] = []
    table = _joined(gathered)
    kept = np.ones(len(table), dtype=bool)
    kept[list(unusable)] = False
    _say(done, int((~kept).sum()), "left out because the file is missing or cannot be read")
    table = _one_spelling(filled(table, facts, done), done)
    _drop(gathered, pairs, kept, done)
    grouped = _grouped(table, pairs, kept, done)
    mended = Manifest.from_table(grouped[kept].reset_index(drop=True), gathered.manifests[0].base, _name(gathered))
    if not done:
        done.append("Nothing had to be changed.")
    return Mended(mended, tuple(done))


def filled(table: pd.DataFrame, facts: Sequence[FileFacts], done: list[str]) -> pd.DataFrame:
    """Hashes and sizes where the table has none; a file that has taken another's place tells nothing."""
    import pandas as pd

    if not facts:
        return table
    hashes = table["sha256"].astype("object").to_list()
    known = [
        fact if fact.sha256 is not None and (not isinstance(told, str) or told == fact.sha256) else FileFacts()
        for fact, told in zip(facts, hashes, strict=False)
    ]
    columns, changed = {}, np.zeros(len(table), dtype=bool)
    for name in ("sha256", "phash", "width", "height"):
        found = pd.Series([getattr(fact, name) or None for fact in known], dtype="object").reindex(table.index)
        column = table[name].astype("object")
        gap = column.isna() & found.notna()
        columns[name] = column.where(~gap, found).astype(table[name].dtype)
        changed |= gap.to_numpy(dtype=bool)
    _say(done, int(changed.sum()), "given hashes or sizes that the manifest did not hold")
    return table.assign(**columns)


def _say(done: list[str], count: int, what: str) -> None:
    if count:
        done.append(f"{count} picture{'' if count == 1 else 's'} {what}.")


def _name(gathered: Gathered) -> str:
    return "+".join(manifest.name for manifest in gathered.manifests)


def _joined(gathered: Gathered) -> pd.DataFrame:
    """All rows with paths that hold wherever they came from."""
    table = gathered.table[list(COLUMNS)].copy()
    if not gathered.several:
        return table
    for column in ("path", "mask", "copy_of"):
        pieces = table[column].astype("object").to_list()
        owners = gathered.table["set"].to_list()
        table[column] = [
            None if not isinstance(path, str) else _absolute(gathered.manifests[owner], path)
            for path, owner in zip(pieces, owners, strict=True)
        ]
    names = [manifest.name for manifest in gathered.manifests]
    own = gathered.table["set"].map(dict(enumerate(names)))
    table["source"] = table["source"].astype("string").fillna(own)
    return table


def _absolute(manifest: Manifest, path: str) -> str:
    return path if "://" in path else str((manifest.base / path).resolve())


def _one_spelling(table: pd.DataFrame, done: list[str]) -> pd.DataFrame:
    counts = table["label"].value_counts()
    best: dict[str, str] = {}
    for label in counts.index:  # the commonest comes first
        best.setdefault(plain_name(str(label)), str(label))
    spelling = {str(label): best[plain_name(str(label))] for label in counts.index}
    spelled = table["label"].astype("string").map(spelling, na_action="ignore").astype("string[pyarrow]")
    changed = int((spelled.fillna("") != table["label"].astype("string").fillna("")).sum())
    _say(done, changed, "given the commoner spelling of the label")
    return table.assign(label=spelled)


def _drop(gathered: Gathered, pairs: SamePairs, kept: Bools, done: list[str]) -> None:
    usable = kept[pairs.first] & kept[pairs.second]
    unlike = other_labels(gathered, pairs) & usable
    doubtful = np.unique(np.concatenate([pairs.first[unlike], pairs.second[unlike]]))
    kept[doubtful] = False
    _say(done, len(doubtful), "left out because the same thing carries another label elsewhere")
    copies = np.array([kind in _COPIES for kind in pairs.kind], dtype=bool)
    dropped = _all_but_one(gathered, pairs, copies & kept[pairs.first] & kept[pairs.second])
    kept[dropped] = False
    _say(done, len(dropped), "left out as copies of a picture that is kept")
    rank = _rank(gathered)
    again = np.flatnonzero(~copies & crossing(gathered, pairs))
    before = int(kept.sum())
    for place in again:
        one, other = int(pairs.first[place]), int(pairs.second[place])
        if kept[one] and kept[other]:
            kept[one if rank[one] > rank[other] else other] = False
    _say(
        done, before - int(kept.sum()), "left out because a held-out picture, or one of an earlier set, shows the same"
    )


def _rank(gathered: Gathered) -> Integers:
    """Which row of a cluster is kept: the smallest. Earlier sets first, then held-out parts, then the order of rows."""
    order = {part: place for place, part in enumerate(reversed(PARTS))}
    part = gathered.table["split"].astype("object").map(order).fillna(len(order)).to_numpy(dtype=np.int64)
    n = len(gathered)
    return np.asarray((gathered.table["set"].to_numpy(dtype=np.int64) * 10 + part) * n + np.arange(n))


def _all_but_one(gathered: Gathered, pairs: SamePairs, chosen: Bools) -> Integers:
    import pandas as pd

    rows = np.unique(np.concatenate([pairs.first[chosen], pairs.second[chosen]]))
    if not len(rows):
        return rows
    cluster = _clusters(len(gathered), pairs.first[chosen], pairs.second[chosen])[rows]
    ordered = pd.DataFrame({"row": rows, "cluster": cluster, "rank": _rank(gathered)[rows]}).sort_values("rank")
    return np.sort(ordered.loc[ordered.duplicated("cluster"), "row"].to_numpy(dtype=np.int64))


def _clusters(n: int, first: Integers, second: Integers) -> Integers:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(first), dtype=np.int8)
    return np.asarray(connected_components(coo_array((ones, (first, second)), shape=(n, n)), directed=False)[1])


def _grouped(table: pd.DataFrame, pairs: SamePairs, kept: Bools, done: list[str]) -> pd.DataFrame:
    """Groups and patients that share a pair become one group, also over pictures that are left out."""
    import pandas as pd

    source = table["source"].astype("string").fillna("")
    first, second = [pairs.first], [pairs.second]
    for column in ("group", "patient"):
        known = table[column].notna().to_numpy(dtype=bool)
        key = (source + "\x00" + table[column].astype("string"))[known]
        rows = np.flatnonzero(known)
        leader = pd.Series(rows).groupby(key.to_numpy()).transform("min").to_numpy(dtype=np.int64)
        first.append(rows)
        second.append(leader)
    cluster = _clusters(len(table), np.concatenate(first), np.concatenate(second))
    together = np.bincount(cluster[kept], minlength=cluster.max(initial=0) + 1)[cluster] > 1
    before = table["group"].astype("string").fillna(table["patient"].astype("string"))
    name = _smallest(before, cluster).fillna(_smallest(table["path"], cluster))
    unlike = (name.fillna("") != before.fillna("")).to_numpy(dtype=bool)
    merged = np.bincount(cluster, weights=unlike, minlength=cluster.max(initial=0) + 1)[cluster] > 0
    changed = together & kept & merged
    _say(done, int(changed.sum()), "put into one group with what shows the same thing")
    return table.assign(group=table["group"].astype("string").where(~changed, name))


def _smallest(texts: pd.Series, cluster: Integers) -> pd.Series:
    """The first text of each cluster in the order of the alphabet, at every row of the cluster."""
    import pandas as pd

    first = pd.DataFrame({"cluster": cluster, "text": texts}).dropna().sort_values("text").drop_duplicates("cluster")
    named = pd.Series(cluster, index=texts.index).map(first.set_index("cluster")["text"])
    return named.astype("string[pyarrow]")

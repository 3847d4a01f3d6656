"""What is checked together?  One table of all sets, and the pairs of pictures in it that show the same thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.checks.findings import PairKind, SetSummary
from leukoscope.data.manifest import COLUMNS, PARTS, Manifest
from leukoscope.errors import InvalidValueError, require_extra

if TYPE_CHECKING:
    import pandas as pd

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """The sets of one check, one after the other.

    Attributes:
        manifests: The sets, their names all different.
        table: All their rows below each other, index 0..n-1, with the columns of a manifest, `set` (number of the set)
            and `name` (how a picture is called in findings: its path, with the set before it where there are several).
    """

    manifests: tuple[Manifest, ...]
    table: pd.DataFrame

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.table)

    @property
    def names(self) -> pd.Series:
        """How the pictures are called in findings."""
        return self.table["name"]

    @property
    def several(self) -> bool:
        """Whether two sets or more are held against each other."""
        return len(self.manifests) > 1

    def locate(self, row: int) -> Path:
        """Where the picture of a row lies.

        Raises:
            ManifestError: It lies on another machine.
        """
        owner = int(self.table["set"].to_numpy()[row])
        return self.manifests[owner].locate(str(self.table["path"].iat[row]))


@dataclass(frozen=True, slots=True, eq=False)
class SamePairs:
    """Pairs of rows that show the same thing; all arrays have one shape (pairs,).

    Attributes:
        first: Row of the one.
        second: Row of the other.
        kind: What they share.
        similarity: How alike they are, in [0, 1].
        note: How the second lies to the first, in words; may be empty.
    """

    first: Integers
    second: Integers
    kind: tuple[PairKind, ...]
    similarity: Floats
    note: tuple[str, ...]

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.first)


def gather(manifests: Sequence[Manifest]) -> Gathered:
    """Put the sets together.

    Raises:
        InvalidValueError: There is no set.
    """
    require_extra("data", "pandas")
    import pandas as pd

    if not manifests:
        raise InvalidValueError("A check needs at least one set.", hint="Give a manifest or a folder.")
    named = _with_different_names(manifests)
    tables = []
    for number, manifest in enumerate(named):
        table = manifest.table.copy(deep=False)
        table["set"] = number
        table["name"] = table["path"] if len(named) == 1 else manifest.name + ":" + table["path"]
        tables.append(table)
    together = tables[0] if len(tables) == 1 else _below_each_other(tables)
    return Gathered(named, together.reset_index(drop=True) if isinstance(together, pd.DataFrame) else together)


def pairs_of(kind: PairKind, first: Integers, second: Integers, similarity: Floats, note: str = "") -> SamePairs:
    """Pairs of one kind, all with the same note."""
    return SamePairs(first, second, (kind,) * len(first), similarity, (note,) * len(first))


def join_pairs(several: Sequence[SamePairs]) -> SamePairs:
    """All pairs, each two rows once: of several findings the first named is kept."""
    first = np.concatenate([np.minimum(one.first, one.second) for one in several] or [np.zeros(0, np.int64)])
    second = np.concatenate([np.maximum(one.first, one.second) for one in several] or [np.zeros(0, np.int64)])
    keys = np.stack([first, second], axis=1)
    kept = np.sort(np.unique(keys, axis=0, return_index=True)[1]) if len(keys) else np.zeros(0, np.int64)
    kinds = [kind for one in several for kind in one.kind]
    notes = [note for one in several for note in one.note]
    similarity = np.concatenate([one.similarity for one in several] or [np.zeros(0)])
    return SamePairs(
        first[kept],
        second[kept],
        tuple(kinds[place] for place in kept),
        similarity[kept],
        tuple(notes[place] for place in kept),
    )


def summarize(gathered: Gathered) -> tuple[SetSummary, ...]:
    """Name, pictures, classes and parts of each set."""
    found = []
    for manifest in gathered.manifests:
        classes = manifest.table["label"].value_counts()
        parts = manifest.table["split"].value_counts()
        found.append(
            SetSummary(
                manifest.name,
                len(manifest),
                tuple((str(name), int(count)) for name, count in sorted(classes.items()) if count),
                tuple((part, int(parts[part])) for part in PARTS if parts.get(part, 0)),
                manifest.leaky,
            )
        )
    return tuple(found)


def _with_different_names(manifests: Sequence[Manifest]) -> tuple[Manifest, ...]:
    taken: set[str] = set()
    named = []
    for number, manifest in enumerate(manifests, start=1):
        name = manifest.name or f"set-{number}"
        while name in taken:
            name = f"{name}-{number}"
        taken.add(name)
        named.append(Manifest(manifest.table, manifest.base, name))
    return tuple(named)


def _below_each_other(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Categories of different sets have to be made one, or pandas falls back to objects."""
    import pandas as pd

    columns: dict[str, pd.Series] = {}
    for column in [*COLUMNS, "set", "name"]:
        pieces = [table[column] for table in tables]
        if any(isinstance(piece.dtype, pd.CategoricalDtype) for piece in pieces):
            text = pd.concat([piece.astype("string[pyarrow]") for piece in pieces], ignore_index=True)
            columns[column] = text.astype("category")
        else:
            columns[column] = pd.concat(pieces, ignore_index=True)
    return pd.DataFrame(columns)

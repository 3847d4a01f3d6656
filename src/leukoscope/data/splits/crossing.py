"""What lies on both sides of a split that must not be divided?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from leukoscope.data.manifest import Manifest
from leukoscope.errors import ManifestError

if TYPE_CHECKING:
    import pandas as pd

Key = Literal["group", "patient", "sha256", "original_sha256", "copy_of"]
KEYS: tuple[Key, ...] = ("group", "patient", "sha256", "original_sha256", "copy_of")
"""Columns whose value two parts must never share."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A value of a column that lies in more than one part.

    Attributes:
        key: The column.
        value: The value: a group's name, a patient, a hash.
        parts: The parts it lies in, sorted.
        pictures: How many pictures share it.
    """

    key: Key
    value: str
    parts: tuple[str, ...]
    pictures: int


def find_crossings(manifest: Manifest, keys: tuple[Key, ...] = KEYS) -> tuple[Crossing, ...]:
    """What is divided between the parts of a manifest, by column in the order of `keys`, then by value.

    Patients and groups are told apart by source, so that patient 7 of one laboratory is not patient 7 of another.
    """
    table = manifest.table[manifest.table["split"].notna()]
    return tuple(crossing for key in keys for crossing in _crossings(table, key))


def refuse_crossings(manifest: Manifest) -> None:
    """Make sure that no group and no patient lies in two parts, unless the manifest says that it is meant so.

    Raises:
        ManifestError: One does; the message names the first.
    """
    found = () if manifest.leaky else find_crossings(manifest, ("group", "patient"))
    if found:
        first = found[0]
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise ManifestError(
            f"The {first.key} {first.value!r} lies in {' and '.join(first.parts)}{more}: "
            "figures on such parts say nothing of new patients.",
            hint="Divide the set anew with: leukoscope data split MANIFEST --out FILE",
        )


def _crossings(table: pd.DataFrame, key: Key) -> tuple[Crossing, ...]:
    import pandas as pd

    # An augmented copy belongs to its original: both carry the original's path here.
    values = table["copy_of"].fillna(table["path"]) if key == "copy_of" else table[key]
    here = values.notna()
    facts = pd.DataFrame(
        {
            "value": values[here].astype(str),
            "source": table["source"][here].astype("string").fillna("") if key in ("group", "patient") else "",
            "part": table["split"][here].astype(str),
        }
    )
    spread = facts.drop_duplicates()
    spread = spread[spread.duplicated(["source", "value"], keep=False)]
    found: dict[tuple[str, str], list[str]] = {}
    for source, value, part in spread[["source", "value", "part"]].itertuples(index=False, name=None):
        found.setdefault((source, value), []).append(part)
    counts = facts.merge(spread[["source", "value"]].drop_duplicates()).value_counts(["source", "value"]).to_dict()
    return tuple(Crossing(key, place[1], tuple(sorted(found[place])), int(counts[place])) for place in sorted(found))

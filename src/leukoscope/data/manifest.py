"""Which pictures belong to which part: the split file, as names and SHA-256.

A split file is CSV with the columns name, sha256, label, group, split. `name` is the path below the set's folder;
`group` is what must never be divided between parts.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from leukoscope.errors import ManifestError

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
_COLUMNS = ("name", "sha256", "label", "group", "split")


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture of a split.

    Attributes:
        name: Path below the folder of the set, with forward slashes.
        sha256: Hash of the file, in hexadecimal.
        label: Class, in leukoscope's names.
        group: What is kept together: pictures of one group are never in two parts.
        split: The part.
    """

    name: str
    sha256: str
    label: str
    group: str
    split: Part


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole split.

    Raises:
        ManifestError: A name comes twice, or a group lies in two parts.
    """

    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        if len({entry.name for entry in self.entries}) != len(self.entries):
            raise ManifestError("A split names a picture twice.", hint="Make the split again.")
        parts: dict[str, Part] = {}
        for entry in self.entries:
            if parts.setdefault(entry.group, entry.split) != entry.split:
                raise ManifestError(f"The group {entry.group!r} lies in two parts.", hint="Make the split again.")

    def part(self, part: Part) -> tuple[Entry, ...]:
        """The pictures of one part, in the order of the file."""
        return tuple(entry for entry in self.entries if entry.split == part)

    @property
    def labels(self) -> tuple[str, ...]:
        """All classes, sorted."""
        return tuple(sorted({entry.label for entry in self.entries}))

    @property
    def sha256(self) -> str:
        """Hash of the split as written."""
        return hashlib.sha256(self.to_csv().encode()).hexdigest()

    def to_csv(self) -> str:
        """The split as CSV, one line per picture."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows((e.name, e.sha256, e.label, e.group, e.split) for e in self.entries)
        return buffer.getvalue()


def read_manifest(path: Path) -> Manifest:
    """Read a split file.

    Raises:
        ManifestError: It does not exist, is no such CSV, or contradicts itself.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise ManifestError(f"The split {path} cannot be read.", hint="Give a CSV file of recipes/splits.") from fault
    rows = csv.DictReader(io.StringIO(text))
    if tuple(rows.fieldnames or ()) != _COLUMNS:
        raise ManifestError(f"{path} must have the columns {', '.join(_COLUMNS)}.", hint="Make the split again.")
    return Manifest(tuple(_entry(row, number) for number, row in enumerate(rows, start=2)))


def sha256_of(path: Path) -> str:
    """Hash of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_files(entries: Sequence[Entry], root: Path) -> None:
    """Make sure the pictures are there and are the ones the split names.

    Raises:
        ManifestError: A file is missing or another one; the message names the first and tells how many.
    """
    faults = [entry.name for entry in entries if not _is_same(entry, root)]
    if faults:
        raise ManifestError(
            f"{len(faults)} of {len(entries)} pictures of the split are missing under {root} or differ from the "
            f"split's SHA-256, the first is {faults[0]}.",
            hint="Give the folder that holds the data set as the split names it.",
        )


def _is_same(entry: Entry, root: Path) -> bool:
    path = root / entry.name
    return path.is_file() and sha256_of(path) == entry.sha256


def _entry(row: dict[str, str], line: int) -> Entry:
    split = next((part for part in PARTS if part == row["split"]), None)
    if split is None or any(not row[column] for column in _COLUMNS):
        raise ManifestError(f"Line {line} of the split is not whole.", hint=f"The part is one of {', '.join(PARTS)}.")
    return Entry(row["name"], row["sha256"], row["label"], row["group"], split)

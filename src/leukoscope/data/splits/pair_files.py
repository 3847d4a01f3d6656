"""Pairs of pictures that show the same thing, as a file with the columns `first,second,similarity`."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from leukoscope.data.manifest import Manifest
from leukoscope.data.splits.groups import Pairs, picture_keys
from leukoscope.errors import ManifestError

COLUMNS = ("first", "second", "similarity")


def read_pairs(path: Path, manifest: Manifest) -> Pairs:
    """The rows of the pictures that a file pairs.

    Pictures are named by their path, or by its part below the folder that all pictures share. A pair with a picture
    that is not in the manifest ties nothing here and is passed over.

    Raises:
        ManifestError: The file does not exist or has other columns, or names no picture of the manifest.
    """
    if not path.is_file():
        raise ManifestError(f"There is no file {path}.", hint="Give a file with the columns first,second,similarity.")
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if not set(COLUMNS[:2]) <= set(reader.fieldnames or ()):
            raise ManifestError(f"{path} has no columns first and second.", hint="Write first,second,similarity.")
        named = [(str(row["first"]), str(row["second"])) for row in reader]
    rows = {key: row for row, key in enumerate(picture_keys(manifest))}
    rows |= {name: row for row, name in enumerate(manifest.table["path"])}
    found = [(rows[first], rows[second]) for first, second in named if first in rows and second in rows]
    if named and not found:
        raise ManifestError(
            f"{path} pairs no two pictures of the manifest, its first is {named[0][0]}.",
            hint="Give the pairs of this set.",
        )
    return found


def write_pairs(pairs: Iterable[tuple[int, int, float]], manifest: Manifest, path: Path) -> None:
    """Write pairs (two rows and their similarity) by the part of their path below the folder all pictures share."""
    keys = picture_keys(manifest).tolist()
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((keys[first], keys[second], round(similarity, 4)) for first, second, similarity in pairs)

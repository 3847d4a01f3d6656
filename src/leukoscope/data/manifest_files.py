"""How is a manifest kept?  Parquet or CSV with the same columns; read with every fault named by its row."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.manifest import COLUMNS, PARTS, SCHEMA, Entry, Manifest, boxes_of_text
from leukoscope.data.sources.text_files import separator_of
from leukoscope.errors import ManifestError, require_extra

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".parquet", ".csv")
_FAULTS_SHOWN = 5
_AT_ONCE = 20_000
"""Rows of boxes read together: a call of the JSON reader for each would take most of the time."""
_LONGEST_HEADING = 65536
"""Characters of the first line of a CSV file that are looked at for its separator."""
_HEX = {"sha256": 64, "original_sha256": 64, "phash": 16}
_OLD_NAMES = {"name": "path"}
"""Columns of the short split files (name, sha256, label, group, split) that are called otherwise here."""


def read_manifest(path: Path, images: Path | None = None) -> Manifest:
    """Read a manifest.

    Args:
        path: A Parquet or CSV file with at least the column `path` (or `name`).
        images: Folder that relative paths start from; by default the manifest's own.

    Raises:
        ManifestError: The file does not exist, is of no kind that is read, or a row does not fit; the message names
            the first rows (1 is the first picture) and the column.
        MissingExtraError: The extra `data` is not installed.
    """
    require_extra("data", "pandas")
    table = _read_table(path).rename(columns=_OLD_NAMES)
    faults = list(_faults(table))
    if faults:
        more = f", and {len(faults) - _FAULTS_SHOWN} more" if len(faults) > _FAULTS_SHOWN else ""
        raise ManifestError(
            f"{path} does not fit the schema {SCHEMA}: {'; '.join(faults[:_FAULTS_SHOWN])}{more}.",
            hint="Mend these rows; a row is one picture, the first has number 1.",
        )
    return Manifest.from_table(table[[c for c in table.columns if c in COLUMNS]], images or path.parent, path.stem)


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write a manifest in one step; relative paths are told from the new place.

    Raises:
        ManifestError: The suffix is neither .parquet nor .csv.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ManifestError(f"{path.name} is no name of a manifest.", hint=f"End it with {' or '.join(SUFFIXES)}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    table = _moved(manifest, path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        if path.suffix.lower() == ".parquet":
            table.to_parquet(temporary, index=False)
        else:
            # Empty columns would make the file hard to read for people; reading fills them again.
            table.dropna(axis="columns", how="all").to_csv(temporary, index=False, lineterminator="\n")
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def short_text(manifest: Manifest) -> str:
    """A manifest as the short CSV that is committed, with patients and folds where there are any.

    Where there are none, `Manifest.sha256` is the hash of this text.
    """
    columns = ["path", "sha256", "label", "group", "split"]
    columns += [column for column in ("patient", "fold") if manifest.table[column].notna().any()]
    table = manifest.table[columns].rename(columns={"path": "name"})
    return str(table.to_csv(index=False, lineterminator="\n"))


def is_manifest(path: Path) -> bool:
    """Whether a path has the name of a manifest file."""
    return path.suffix.lower() in SUFFIXES


def sha256_of(path: Path) -> str:
    """Hash of a file, in hexadecimal."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def check_files(entries: Sequence[Entry], root: Path) -> None:
    """Make sure the pictures are there and are the ones the manifest names.

    Raises:
        ManifestError: A file is missing or another one; the message names the first and tells how many.
    """
    faults = [entry.name for entry in entries if not _is_same(entry, root)]
    if faults:
        raise ManifestError(
            f"{len(faults)} of {len(entries)} pictures of the manifest are missing under {root} or differ from its "
            f"SHA-256, the first is {faults[0]}.",
            hint="Give the folder that holds the data set as the manifest names it.",
        )


def _is_same(entry: Entry, root: Path) -> bool:
    path = root / entry.name
    return path.is_file() and entry.sha256 in ("-", sha256_of(path))


def _read_table(path: Path) -> pd.DataFrame:
    import pandas as pd

    if not path.is_file():
        raise ManifestError(f"There is no manifest {path}.", hint="Make one with `leukoscope data import`.")
    try:
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path)
        if path.suffix.lower() == ".csv":
            with path.open(encoding="utf-8") as stream:
                separator = separator_of(stream.readline(_LONGEST_HEADING), ("path", *_OLD_NAMES))
            return pd.read_csv(
                path, sep=separator, dtype="string[pyarrow]", keep_default_na=False, na_values=[""], encoding="utf-8"
            )
    except (OSError, ValueError) as fault:  # pandas' and Arrow's errors of content are ValueErrors
        raise ManifestError(f"{path} cannot be read: {fault}", hint="Give a Parquet or CSV manifest.") from fault
    raise ManifestError(f"{path.name} is no manifest.", hint=f"Manifests end with {' or '.join(SUFFIXES)}.")


def _faults(table: pd.DataFrame) -> Iterator[str]:
    """What does not fit, as `row N, column c: what`."""
    if "path" not in table:
        yield "there is no column path"
        return
    yield from _path_faults(table)
    for column, digits in _HEX.items():
        if column in table:
            yield from _hash_faults(table, column, digits)
    for column, dtype in COLUMNS.items():
        if column in table and dtype in ("integer", "number"):
            yield from _number_faults(table, column)
    if "split" in table:
        known = table["split"].isna() | table["split"].isin(PARTS)
        yield from _where(table, "split", ~known, f"is none of {', '.join(PARTS)}")
    if "boxes" in table:
        yield from _box_faults(table)
    yield from _constant_faults(table)


def _path_faults(table: pd.DataFrame) -> Iterator[str]:
    paths = table["path"].astype("string[pyarrow]")
    yield from _where(table, "path", paths.isna(), "is empty")
    yield from _where(table, "path", paths.duplicated() & paths.notna(), "comes a second time")


def _hash_faults(table: pd.DataFrame, column: str, digits: int) -> Iterator[str]:
    text = table[column].astype("string[pyarrow]")
    fits = text.str.fullmatch(rf"[0-9a-f]{{{digits}}}").fillna(True).astype(bool)
    yield from _where(table, column, ~fits, f"is not {digits} hexadecimal digits")


def _number_faults(table: pd.DataFrame, column: str) -> Iterator[str]:
    import pandas as pd

    numbers = pd.to_numeric(table[column], errors="coerce").astype("Float64")
    least = 0 if column in ("number", "fold") else 1e-9
    fits = numbers.between(least, 2**31 - 1)
    if COLUMNS[column] == "integer":
        fits &= numbers % 1 == 0
    yield from _where(
        table, column, table[column].notna() & ~fits.fillna(False).astype(bool), "is not a fitting number"
    )


def _box_faults(table: pd.DataFrame) -> Iterator[str]:
    boxes = table["boxes"].astype("object")
    places = boxes.notna().to_numpy().nonzero()[0]
    for start in range(0, len(places), _AT_ONCE):
        some = places[start : start + _AT_ONCE]
        texts = [str(text) for text in boxes.iloc[some]]
        if not _all_plain(texts):
            yield from _faults_one_by_one(some, texts)


def _all_plain(texts: Sequence[str]) -> bool:
    """Whether these are all lists of plain boxes; where it says no, each is looked at by itself."""
    try:
        lists = json.loads(f"[{','.join(texts)}]")
        rows = [row for one in lists for row in one]
        sides = np.array([row[:4] for row in rows], dtype=np.float64).reshape(-1, 4)
        named = all(len(row) == 5 and isinstance(row[4], str) and row[4] for row in rows)
    except (ValueError, TypeError, IndexError):
        return False
    return named and len(lists) == len(texts) and bool((sides[:, 2:] > sides[:, :2]).all())


def _faults_one_by_one(places: NDArray[np.int64], texts: Sequence[str]) -> Iterator[str]:
    for place, text in zip(places.tolist(), texts, strict=True):
        try:
            boxes_of_text(text)
        except ManifestError as fault:
            yield f"row {place + 1}, column boxes: {fault.message.rstrip('.')}"


def _constant_faults(table: pd.DataFrame) -> Iterator[str]:
    if "schema" in table:
        yield from _where(table, "schema", table["schema"].notna() & (table["schema"] != SCHEMA), f"is not {SCHEMA}")
    for said in table["split_method"].dropna().unique() if "split_method" in table else ():
        if not _is_object(str(said)):
            yield f"column split_method: {said!r} is not a JSON object"


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _where(table: pd.DataFrame, column: str, wrong: Iterable[bool], what: str) -> Iterator[str]:
    import pandas as pd

    for place in pd.Series(wrong).to_numpy(dtype=bool).nonzero()[0]:
        yield f"row {place + 1}, column {column}: {table[column].iloc[place]!r} {what}"


def _moved(manifest: Manifest, folder: Path) -> pd.DataFrame:
    if manifest.base.resolve() == folder.resolve():
        return manifest.table
    table = manifest.table.copy(deep=False)
    way = os.path.relpath(manifest.base.resolve(), folder.resolve()).replace(os.sep, "/")
    for column in ("path", "mask", "copy_of"):
        table[column] = table[column].map(lambda path: _from(way, path), na_action="ignore").astype("string[pyarrow]")
    return table


def _from(way: str, path: str) -> str:
    fixed = "://" in path or path.startswith("/") or re.match(r"[A-Za-z]:[\\/]", path)
    return path if fixed else os.path.normpath(f"{way}/{path}").replace(os.sep, "/")

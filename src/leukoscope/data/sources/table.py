"""A stranger's table, CSV or Parquet: one row per picture, columns found by their names or given.

Example:
    >>> sorted(guess_columns(["Filename", "Category", "patient_id", "fold"]).items())
    [('fold', 'fold'), ('label', 'Category'), ('path', 'Filename'), ('patient', 'patient_id')]
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.data.manifest import Row
from leukoscope.data.sources.pictures_below import PicturesBelow, find_pictures, part_of, part_of_path
from leukoscope.data.sources.source import DataCard, Imported, Problem
from leukoscope.data.sources.text_files import MAX_TABLE_BYTES, advice, finite, read_text_file
from leukoscope.errors import ManifestError, require_extra

if TYPE_CHECKING:
    import pandas as pd

card = DataCard(
    name="table",
    title="CSV or Parquet table of pictures and labels",
    level="cell",
    traps=(
        "Columns are guessed by name; look at the classes and patients that the import tells.",
        "A column of folds is no split: it says which pictures are held out together.",
    ),
    layout="a .csv, .tsv or .parquet with a column of paths (path, file, filename, image) and mostly one of labels",
)
SUFFIXES = (".csv", ".tsv", ".parquet")
_STRANGERS_WORD = "diagno" + "sis"
"""How many tables call their column of classes; never a word for what leukoscope says (a test looks for it)."""
_GUESSES: dict[str, tuple[str, ...]] = {
    "path": ("path", "filepath", "imagepath", "file", "filename", "imagefile", "imagename", "image", "img", "name"),
    "label": ("label", "class", "classname", "category", _STRANGERS_WORD, "target", "celltype", "labels"),
    "subtype": ("subtype", "subclass", "subprefix", "sublabel"),
    "patient": ("patient", "patientid", "subject", "subjectid", "donor", "donorid", "case", "caseid", "pid"),
    "slide": ("slide", "slideid", "smear", "smearid"),
    "group": ("group", "patientgroup", "groupid"),
    "split": ("split", "part", "set", "subset", "partition", "originsplit", "officialsplit"),
    "fold": ("fold", "foldid", "officialfold", "cvfold"),
}
_SAMPLE_CHARACTERS = 65536
"""Of the beginning of a table, where its first line is looked for: a table may have gigabytes."""
_NO_VALUE = frozenset(("", "nan", "na", "n/a", "none", "null", "-"))


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    values: Mapping[str, str]


@dataclass(slots=True)
class _Reading:
    file: str
    base: Path
    found: PicturesBelow
    paths: frozenset[str]
    columns: Mapping[str, str]
    rows: dict[str, Row] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def guess_columns(names: Sequence[str]) -> dict[str, str]:
    """Which column of a table is which of the manifest's, by name; the first guess that fits wins."""
    plain = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in reversed(names)}
    guessed = {}
    for column, guesses in _GUESSES.items():
        name = next((plain[guess] for guess in guesses if guess in plain), None)
        if name is not None:
            guessed[column] = name
    return guessed


def recognizes(root: Path) -> bool:
    """Whether it is a table with a column of paths, or a folder that holds one such table."""
    tables = _tables(root)
    return len(tables) == 1 and "path" in guess_columns(_header(tables[0]))


def read(root: Path, *, columns: Mapping[str, str] | None = None) -> Imported:
    """The rows of a table; the pictures lie below its folder.

    Args:
        root: The table, or the folder that holds it alone.
        columns: Columns of the table by column of the manifest, such as {"label": "cell_class"}; the rest is guessed.

    Raises:
        ManifestError: There is no table, or several, or a column is missing.
    """
    tables = _tables(root)
    if len(tables) != 1:
        what = "no table" if not tables else f"{len(tables)} tables with pictures"
        raise ManifestError(f"{root} holds {what}.", hint="Give the path of the table itself.")
    file = tables[0]
    header = _header(file)
    chosen = {**guess_columns(header), **(columns or {})}
    _check_columns(file, header, chosen)
    found = find_pictures(file.parent)
    reading = _Reading(file.name, file.parent, found, frozenset(found.paths), chosen)
    reading.problems += found.problems
    for line in _lines(file):
        try:
            _read_line(line, reading)
        except ManifestError as fault:
            reading.problems.append(Problem(file.name, line.number, advice(fault)))
    return Imported(tuple(reading.rows.values()), tuple(reading.problems))


def _tables(root: Path) -> list[Path]:
    if root.is_file():
        return [root] if root.suffix.lower() in SUFFIXES else []
    files = sorted(path for path in root.glob("*") if path.suffix.lower() in SUFFIXES) if root.is_dir() else []
    return [file for file in files if "path" in guess_columns(_header(file))] if len(files) > 1 else files


def _check_columns(file: Path, header: Sequence[str], chosen: Mapping[str, str]) -> None:
    unknown = [name for name in chosen if name not in _GUESSES]
    if unknown:
        raise ManifestError(f"{unknown[0]!r} cannot be given.", hint=f"Give some of {', '.join(_GUESSES)}.")
    missing = [name for name in chosen.values() if name not in header]
    if missing or "path" not in chosen:
        what = f"no column {missing[0]!r}" if missing else "no column of paths"
        raise ManifestError(f"{file} has {what}.", hint=f"It has {', '.join(header)}; say which is which.")


def _header(file: Path) -> list[str]:
    try:
        if file.suffix.lower() == ".parquet":
            require_extra("data", "pandas")
            from pyarrow import ArrowException, parquet  # type: ignore[import-untyped]

            try:
                return [str(name) for name in parquet.read_schema(file).names]
            except (ArrowException, OSError):
                return []
        head = _head(file)
        return list(next(csv.reader(head, _dialect(head)), []))
    except (ManifestError, csv.Error):
        return []


def _lines(file: Path) -> Iterator[_Line]:
    if file.suffix.lower() == ".parquet":
        import pandas as pd

        table = _parquet(file)
        for number, values in enumerate(table.to_dict("records"), start=1):
            yield _Line(number, {str(key): "" if pd.isna(value) else str(value) for key, value in values.items()})
        return
    lines = read_text_file(file, limit=MAX_TABLE_BYTES).splitlines(keepends=True)
    reader = csv.DictReader(lines, dialect=_dialect(lines))
    try:
        for values in reader:
            yield _Line(reader.line_num, {str(key): str(value or "") for key, value in values.items()})
    except csv.Error as fault:
        raise ManifestError(f"{file}, line {reader.line_num}: {fault}.", hint="Mend the quotes of the line.") from fault


def _parquet(file: Path) -> pd.DataFrame:
    import pandas as pd
    from pyarrow import ArrowException

    try:
        return pd.read_parquet(file)
    except (ArrowException, OSError, ValueError) as fault:
        why = str(fault).splitlines()[0][:120] if str(fault) else "it is no Parquet file"
        raise ManifestError(f"{file} is damaged ({why}).", hint="Copy it again, or save it as CSV.") from fault


def _head(file: Path) -> list[str]:
    try:
        with file.open(encoding="utf-8-sig") as stream:
            return stream.read(_SAMPLE_CHARACTERS).splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as fault:
        raise ManifestError(f"{file} cannot be read as text.", hint="Save it as UTF-8.") from fault


def _dialect(lines: Sequence[str]) -> type[csv.Dialect] | csv.Dialect:
    first = lines[0][:_SAMPLE_CHARACTERS] if lines else ""
    dialect = csv.excel()
    dialect.delimiter = max(",;\t|", key=first.count)
    return dialect


def _read_line(line: _Line, reading: _Reading) -> None:
    said = {column: _value(line.values.get(name, "")) for column, name in reading.columns.items()}
    path = _path(said["path"], reading)
    if path in reading.rows:
        also = _contradictions(reading.rows[path], said)
        raise ManifestError(f"{path} comes a second time{also}.", hint="Keep one row per picture. The first is used.")
    split = said.get("split")
    part = part_of(split) if split else part_of_path(path)
    if split and part is None:
        told = f"{split!r} in column {reading.columns['split']} is no part; write train, validation or test."
        reading.problems.append(Problem(reading.file, line.number, told))
    reading.rows[path] = Row(
        path,
        label=said.get("label"),
        subtype=said.get("subtype"),
        patient=said.get("patient"),
        slide=said.get("slide"),
        group=said.get("group"),
        split=part,
        fold=_fold(said.get("fold"), line, reading),
    )
    if "label" in reading.columns and said["label"] is None:
        told = f"{path} has no label; write one or leave it unlabeled on purpose. The row is kept."
        reading.problems.append(Problem(reading.file, line.number, told))


def _contradictions(first: Row, said: Mapping[str, str | None]) -> str:
    """In words, what a second row of a picture says otherwise; empty where it adds nothing."""
    before = {"label": first.label, "subtype": first.subtype, "patient": first.patient}
    return "".join(
        f", and its {name} differs: {value or 'none'}, {other}"
        for name, value in before.items()
        if (other := said.get(name)) is not None and other != value
    )


def _value(text: str) -> str | None:
    plain = text.strip()
    return None if plain.lower() in _NO_VALUE else plain


def _path(said: str | None, reading: _Reading) -> str:
    if said is None:
        raise ManifestError("The row names no picture.", hint="Fill the column of paths. The row is left out.")
    plain = said.replace("\\", "/")
    while plain.startswith("./"):
        plain = plain[2:]
    if plain in reading.paths:
        return plain
    found = reading.found.named(plain)
    if len(found) == 1:
        return found[0]
    if found:
        raise ManifestError(f"{said!r} may mean {found[0]} or {found[1]}.", hint="Write its folder too.")
    raise ManifestError(f"There is no picture {said!r}.", hint="Add it or mend the path. The row is left out.")


def _fold(said: str | None, line: _Line, reading: _Reading) -> int | None:
    if said is None:
        return None
    digits = re.fullmatch(r"(?:\D*?)(\d{1,6})(?:\.0)?", said)
    if digits is None:
        told = f"The fold {said!r} has no number; write 0, 1, 2... The fold is left out."
        reading.problems.append(Problem(reading.file, line.number, told))
        return None
    return int(finite(digits[1]))

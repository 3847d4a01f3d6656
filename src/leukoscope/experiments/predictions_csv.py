"""How are predictions exchanged?  `predictions.csv`, which any system can write and leukoscope reads, row by row."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from leukoscope.data.sources.text_files import separator_of
from leukoscope.errors import DataError, InvalidValueError
from leukoscope.evaluation.predictions import SUM_TOLERANCE, Predictions

ABOUT = ("path", "label", "patient", "group", "source", "slide", "fold", "predicted")
"""Columns that are no class; all but `label` may be missing."""
_FAULTS_SHOWN = 5
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: Mapping[str, str]


def write_predictions(predictions: Predictions, path: Path) -> None:
    """Write predictions, one row a picture: `path,label,<one probability column per class>,patient,group,source,slide`.

    Columns about pictures that are known of none are left out. The probabilities of a picture of which nothing was said
    are empty cells.
    """
    about = {"patient": predictions.patients, "group": predictions.groups, "source": predictions.sources,
             "slide": predictions.slides}  # fmt: skip
    known = {name: column for name, column in about.items() if column}
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["path", "label", *predictions.classes, *known])
        for place, row in enumerate(predictions.probabilities.tolist()):
            label = predictions.classes[int(predictions.targets[place])]
            told = (column[place] for column in known.values())
            said = ("" if math.isnan(one) else f"{one:.{_DIGITS}g}" for one in row)
            # The csv module leaves a carriage return unquoted, which would be read as the end of the row.
            cells = (predictions.paths[place], label, *said, *told)
            writer.writerow([cell.replace("\r", " ") for cell in cells])


def read_predictions(
    path: Path, joined: Mapping[str, str] | None = None, *, foreign: Literal["refuse", "skip"] = "refuse"
) -> Predictions:
    """Read the predictions of any system.

    Args:
        path: A CSV file with a column `label`, one column of probabilities per class, named as the class, and where
            known `path`, `patient`, `group`, `source` and `slide`. Every other column is taken for a class.
            Where all probabilities of a row are empty, nothing was said of that picture.
        joined: What labels of the file are called among its classes, such as `{"hem": "normal"}`.
        foreign: What becomes of a label joined to a class that is none of the file: it is refused, or stays as it is,
            for joins that are meant for another model.

    Raises:
        DataError: The file cannot be used; the message names the first lines at fault (the heading is line 1).
    """
    names, rows = _read(path)
    classes = tuple(name for name in names if name not in ABOUT)
    _demand_columns(path, names, classes)
    named = {label: name for label, name in (joined or {}).items() if foreign == "refuse" or name in classes}
    labels = [named.get(row.cells["label"], row.cells["label"]) for row in rows]
    faults = [fault for row, label in zip(rows, labels, strict=True) if (fault := _fault(row, label, classes))]
    faults += _repeated(rows)
    if faults:
        more = f"; and {len(faults) - _FAULTS_SHOWN} more lines" if len(faults) > _FAULTS_SHOWN else ""
        raise DataError(
            f"{path.name} cannot be evaluated: {'; '.join(faults[:_FAULTS_SHOWN])}{more}.",
            hint=f"Its classes are {', '.join(classes)}. Mend these lines, or name what a label means with --class "
            "LABEL=CLASS.",
        )
    return _predictions(classes, labels, rows)


def names_in_file(path: Path) -> tuple[set[str], set[str]]:
    """The classes of a file of predictions, and the labels it uses.

    Raises:
        DataError: The file cannot be read, or holds no row.
    """
    names, rows = _read(path)
    return {name for name in names if name not in ABOUT}, {row.cells.get("label", "") for row in rows} - {""}


def _read(path: Path) -> tuple[list[str], list[_Row]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            separator = separator_of(stream.readline(), ("label",))
            stream.seek(0)
            reader = csv.DictReader(stream, restval="", strict=True, delimiter=separator)
            names = [name.strip() for name in reader.fieldnames or ()]
            reader.fieldnames = names
            rows = [_Row(reader.line_num, _stripped(row)) for row in reader]
    except FileNotFoundError as fault:
        raise DataError(f"There is no file {path}.", hint="Give a CSV file of predictions.") from fault
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise DataError(f"{path} cannot be read as CSV: {fault}.", hint="Save it as CSV with UTF-8 text.") from fault
    if not rows:
        raise DataError(f"{path.name} holds no predictions.", hint="It needs a heading and one row per picture.")
    return names, rows


def _stripped(row: Mapping[str | None, str | list[str]]) -> dict[str, str]:
    cells = {name: value.strip() for name, value in row.items() if name is not None and isinstance(value, str)}
    return cells | ({"": "too many"} if None in row else {})


def _demand_columns(path: Path, names: Sequence[str], classes: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    what = ""
    if "label" not in names:
        what = "has no column 'label' with the true class"
    elif twice:
        what = f"has the column {twice[0]!r} twice"
    elif "" in names:
        what = "has a column without a name"
    elif len(classes) < 2:
        what = f"has {len(classes)} columns of probabilities, and a classifier has at least two classes"
    if what:
        raise DataError(
            f"{path.name} {what}; its columns are {', '.join(names) or 'none'}.",
            hint="Write path,label,<one probability column per class>,patient,group,source. For a single score add the "
            "other class as 1 - score.",
        )


def _fault(row: _Row, label: str, classes: Sequence[str]) -> str:
    if "" in row.cells:
        return f"line {row.line} has more cells than the heading"
    if label not in classes:
        return f"line {row.line}: the label {label!r} is no class" if label else f"line {row.line} has no label"
    if not any(row.cells[name] for name in classes):
        return ""
    total = 0.0
    for name in classes:
        text = row.cells[name]
        value = _number(text)
        if value is None or not np.isfinite(value):
            return f"line {row.line}, column {name}: {text or 'an empty cell'} is no number"
        if not 0 <= value <= 1:
            return f"line {row.line}, column {name}: {text} is no probability in [0, 1]"
        total += value
    return "" if abs(total - 1) <= SUM_TOLERANCE else f"line {row.line}: the probabilities sum to {total:.3f}, not to 1"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _repeated(rows: Sequence[_Row]) -> list[str]:
    seen: dict[str, int] = {}
    faults = []
    for row in rows:
        name = row.cells.get("path", "")
        if name and name in seen:
            faults.append(f"line {row.line}: {name} was already on line {seen[name]}")
        seen.setdefault(name, row.line)
    return faults


def _predictions(classes: tuple[str, ...], labels: Sequence[str], rows: Sequence[_Row]) -> Predictions:
    def column(name: str) -> tuple[str, ...]:
        return tuple(row.cells.get(name, "") for row in rows)

    numbers = {name: place for place, name in enumerate(classes)}
    paths = tuple(row.cells.get("path", "") or f"line {row.line}" for row in rows)
    try:
        return Predictions(
            classes,
            np.array([numbers[label] for label in labels], dtype=np.int64),
            np.array([[float(row.cells[name] or "nan") for name in classes] for row in rows], dtype=np.float64),
            paths,
            column("patient"),
            column("group"),
            column("source"),
            column("slide"),
        )
    except InvalidValueError as fault:
        raise DataError(fault.message, hint=fault.hint) from fault

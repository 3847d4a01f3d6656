"""How are measured cells kept?  One row a cell, as CSV or Parquet."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import ImageKind, PixelSize
from leukoscope.domain.regions import Box
from leukoscope.errors import InvalidValueError, require_extra

SUFFIXES = (".csv", ".parquet")
FIXED = (
    "path", "sha256", "cell", "x0", "y0", "x1", "y1", "kind", "pixel_size_um", "pixel_size_source", "cut_by_border",
    "found_by", "outlined_by",
)  # fmt: skip
"""Columns before the measurements."""
_NUMBERS = {"cell": "int32", "cut_by_border": "bool"} | dict.fromkeys(
    ("x0", "y0", "x1", "y1", "pixel_size_um"), "float64"
)
_TYPES = dict.fromkeys(FIXED, "string[pyarrow]") | _NUMBERS


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredCell:
    """One row.

    Attributes:
        path: The picture, as given.
        sha256: Of its file.
        cell: Number of the cell in its picture, from 1, as in result.json.
        box: Where it lies, in pixels.
        kind: Whether the picture is a field or one cell.
        pixel_size: None where nobody knows it.
        cut_by_border: The cell reaches the edge of the picture, so that it is larger than measured.
        found_by: How the cell was found.
        outlined_by: How nucleus and cell were outlined; empty where no outline was found, hence nothing measured.
        values: Measurements by name.
    """

    path: str
    sha256: str
    cell: int
    box: Box
    kind: ImageKind
    pixel_size: PixelSize | None
    cut_by_border: bool
    found_by: str
    outlined_by: str
    values: Mapping[str, float]


class CellTable:
    """Rows of measured cells; what could not be measured is an empty field.

    Args:
        path: The file, ending in .csv or .parquet; it appears, or is replaced, when `write` is called.
        measurements: Names of the columns behind the fixed ones.

    Raises:
        InvalidValueError: Another suffix.
        MissingExtraError: Parquet without the extra `data`.
    """

    def __init__(self, path: Path, measurements: Sequence[str]) -> None:
        check_table_path(path)
        self._path, self._names = path, tuple(measurements)
        self._fixed: list[tuple[object, ...]] = []
        self._values: list[NDArray[np.float64]] = []

    def __len__(self) -> int:
        return len(self._fixed)

    @property
    def path(self) -> Path:
        """Where the table appears."""
        return self._path

    @property
    def measurements(self) -> tuple[str, ...]:
        """Names of the columns behind the fixed ones."""
        return self._names

    def add(self, cell: MeasuredCell) -> None:
        """Add a row."""
        size = cell.pixel_size
        self._fixed.append((
            cell.path, cell.sha256, cell.cell, *(round(edge, 2) for edge in cell.box.as_list()), cell.kind,
            None if size is None else size.um, None if size is None else size.source,
            bool(cell.cut_by_border), cell.found_by, cell.outlined_by or None,
        ))  # fmt: skip
        self._values.append(np.array([cell.values.get(name, math.nan) for name in self._names]))

    def write(self) -> None:
        """Write all rows; the file appears whole or not at all."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_name(f".{self._path.name}.tmp")
        try:
            if self._path.suffix.lower() == ".csv":
                self._write_csv(unfinished)
            else:
                self._write_parquet(unfinished)
            unfinished.replace(self._path)
        finally:
            unfinished.unlink(missing_ok=True)

    def _write_csv(self, path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow([*FIXED, *self._names])
            for fixed, values in zip(self._fixed, self._values, strict=True):
                rows.writerow([*(_as_text(one) for one in fixed), *(_as_figure(one) for one in values.tolist())])

    def _write_parquet(self, path: Path) -> None:
        import pandas as pd

        fixed = pd.DataFrame.from_records(self._fixed, columns=list(FIXED)).astype(_TYPES)
        values = np.stack(self._values) if self._values else np.empty((0, len(self._names)))
        table = pd.concat([fixed, pd.DataFrame(values, columns=list(self._names))], axis="columns")
        table.to_parquet(path, index=False, compression="zstd")


def check_table_path(path: Path) -> None:
    """Make sure that a table can be written under this name, before hours are spent on it.

    Raises:
        InvalidValueError: The suffix is neither .csv nor .parquet, or it is a folder.
        MissingExtraError: Parquet without the extra `data`.
    """
    if path.suffix.lower() not in SUFFIXES or path.is_dir():
        raise InvalidValueError(
            f"{str(path)!r} is no name of a table.", hint=f"End it with {' or '.join(SUFFIXES)}, as in cells.csv."
        )
    if path.suffix.lower() == ".parquet":
        for package in ("pandas", "pyarrow"):
            require_extra("data", package)


def _as_text(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
        return f"'{value}"  # or a spreadsheet would take it for a formula (OWASP, "CSV Injection")
    return "" if value is None else value


def _as_figure(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.7g}"

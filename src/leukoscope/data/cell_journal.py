"""Which pictures did an interrupted measuring finish?  Kept beside the table to be until that is written whole."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from leukoscope import __version__
from leukoscope.data.cell_table import MeasuredCell
from leukoscope.data.noted_lines import add_line, open_lines, read_lines
from leukoscope.domain.images import PixelSize
from leukoscope.domain.regions import Box

_FORMAT = 2  # of the notes; those of another are thrown away


@dataclass(frozen=True, slots=True)
class MeasuredPicture:
    """The cells of one picture, and what is to be said of it, one sentence each."""

    cells: tuple[MeasuredCell, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CellJournal:
    """The notes of one table: the cells of each finished picture."""

    _names: tuple[str, ...]
    _known: Mapping[tuple[str, str], tuple[list[list[Any]], list[str]]]
    _stream: TextIO

    def known(self, path: str, sha256: str) -> MeasuredPicture | None:
        """What an earlier run measured in this picture; None where it did not come to it."""
        noted = self._known.get((path, sha256))
        if noted is None:
            return None
        cells, warnings = noted
        return MeasuredPicture(tuple(_cell(path, sha256, self._names, *one) for one in cells), tuple(warnings))

    def note(self, path: str, sha256: str, picture: MeasuredPicture) -> None:
        """Note a finished picture at once, so that nothing is lost when the run is killed right after."""
        cells = [_values(cell, self._names) for cell in picture.cells]
        add_line(self._stream, [path, sha256, cells, list(picture.warnings)])


@contextmanager
def open_cell_journal(table: Path, measurements: Sequence[str], made_by: str) -> Iterator[CellJournal]:
    """The journal of a table that is to be written; see `remove_cell_journal`.

    Args:
        table: The table.
        measurements: Names of the measurements.
        made_by: Whatever changes what is measured: models and settings. Notes made otherwise, or by another version,
            are thrown away.
    """
    place = _place(table)
    place.parent.mkdir(parents=True, exist_ok=True)
    head: list[object] = [_FORMAT, __version__, made_by, *measurements]
    lines = list(read_lines(place))
    if not lines or lines[0] != head:
        lines = []
        place.unlink(missing_ok=True)
    known = {(path, sha256): (cells, warnings) for path, sha256, cells, warnings in lines[1:]}
    with open_lines(place) as stream:
        if not lines:
            add_line(stream, head)
        yield CellJournal(tuple(measurements), known, stream)


def remove_cell_journal(table: Path) -> None:
    """Throw the notes of a table away, once it is written whole."""
    _place(table).unlink(missing_ok=True)


def _place(table: Path) -> Path:
    return table.with_name(f".{table.name}.measured")


def _values(cell: MeasuredCell, names: Sequence[str]) -> list[object]:
    size = None if cell.pixel_size is None else [cell.pixel_size.um, cell.pixel_size.source]
    about = [cell.cell, [float(edge) for edge in cell.box.as_list()], cell.kind, size, bool(cell.cut_by_border)]
    measured = [cell.values.get(name, math.nan) for name in names]
    return [*about, cell.found_by, cell.outlined_by, [None if math.isnan(one) else float(one) for one in measured]]


def _cell(path: str, sha256: str, names: Sequence[str], *noted: Any) -> MeasuredCell:
    number, box, kind, size, cut_by_border, found_by, outlined_by, measured = noted
    return MeasuredCell(
        path,
        sha256,
        number,
        Box(*box),
        kind,
        None if size is None else PixelSize(*size),
        cut_by_border,
        found_by,
        outlined_by,
        {name: one for name, one in zip(names, measured, strict=True) if one is not None},
    )

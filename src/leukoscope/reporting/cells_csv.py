"""`cells.csv`: one row a cell, as RFC 4180 has it, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

from leukoscope.reporting.documents import CellDocument, ImageDocument

_FIXED = ["image", "id", "x0", "y0", "x1", "y1", "label", "score", "uncertain", "novel"]


class CellsTable:
    """Writes the rows of one picture after the other.

    Args:
        stream: An open text file (newline="").
        classes: Classes of the cell model, a column `p_<class>` each.
        features: Names of the measured features, a column each.
    """

    def __init__(self, stream: TextIO, classes: Sequence[str], features: Sequence[str]) -> None:
        self._rows = csv.writer(stream)
        self._classes, self._features = classes, features
        self._rows.writerow([*_FIXED, *(f"p_{name}" for name in classes), *map(guarded, features)])

    def add(self, image: ImageDocument) -> None:
        """Write the rows of one picture."""
        self._rows.writerows(self._row(image.path, cell) for cell in image.cells)

    def _row(self, path: str, cell: CellDocument) -> Iterable[object]:
        yield guarded(path)
        yield cell.id
        yield from cell.box
        yield guarded(cell.label or "")
        yield "" if cell.score is None else cell.score
        yield str(cell.uncertain).lower()
        yield "" if cell.novel is None else str(cell.novel).lower()
        yield from (cell.probabilities.get(name, "") for name in self._classes)
        for name in self._features:
            value = cell.features.get(name)
            yield "" if value is None else value


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    References:
        OWASP, "CSV Injection".

    Example:
        >>> guarded("=cmd()"), guarded("smear.png")
        ("'=cmd()", 'smear.png')
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text

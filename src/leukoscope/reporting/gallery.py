"""In which order cells are looked at: novel, uncertain, immature or erythroblast or blast, then rising score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from leukoscope.domain.findings import CellFinding
from leukoscope.domain.labels import CellGroup

NOVEL, UNCERTAIN_RANK, FIRST_GROUPS_RANK, NAMED = range(4)
_FIRST_GROUPS = ("immature", "erythroblast", "blast")


def rank(cell: CellFinding, groups: Mapping[str, CellGroup]) -> int:
    """How early a cell is looked at; lower is earlier.

    Args:
        cell: The cell; one that no model named ranks last.
        groups: Group of each class of the model.
    """
    said = cell.prediction
    if said is None:
        return NAMED
    if said.novel:
        return NOVEL
    if said.uncertain:
        return UNCERTAIN_RANK
    return FIRST_GROUPS_RANK if groups.get(said.label) in _FIRST_GROUPS else NAMED


def in_order(cells: Iterable[CellFinding], groups: Mapping[str, CellGroup]) -> list[CellFinding]:
    """Cells in the order in which to look at them; within a rank by rising score, then by number."""

    def key(cell: CellFinding) -> tuple[int, float, int]:
        score = 0.0 if cell.prediction is None else cell.prediction.score
        return rank(cell, groups), score, cell.id

    return sorted(cells, key=key)

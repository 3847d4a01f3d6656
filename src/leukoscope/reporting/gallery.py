"""In which order cells are looked at, and why: novel, contradicted by measurements, uncertain, immature or blast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from leukoscope.domain.findings import CellFinding
from leukoscope.domain.labels import CellGroup

NOVEL, UNMEASURED, CONTRADICTED, UNCERTAIN_RANK, FIRST_GROUPS_RANK, NAMED = range(6)
REASONS = (
    "unlike the cells the model was trained on",
    "could not be measured, so it has no name",
    "its measurements contradict its name",
    "its score is too low to rely on",
    "of a class to look at first",
    "",
)
"""Why a cell of each rank is looked at."""
ORDER = (
    "novel, not measured, contradicted by measurements, uncertain, immature or erythroblast or blast, then rising score"
)
_FIRST_GROUPS = ("immature", "erythroblast", "blast")


def rank(cell: CellFinding, groups: Mapping[str, CellGroup]) -> int:
    """How early a cell is looked at; lower is earlier, and `REASONS` says why.

    Args:
        cell: The cell; all rank last where no model that names cells was asked.
        groups: Group of each class of the model; none where no such model was asked.
    """
    said = cell.prediction
    if said is None:
        return UNMEASURED if groups else NAMED
    if said.novel:
        return NOVEL
    if cell.morphology.conflict:
        return CONTRADICTED
    if said.uncertain:
        return UNCERTAIN_RANK
    return FIRST_GROUPS_RANK if groups.get(said.label) in _FIRST_GROUPS else NAMED


def in_order(cells: Iterable[CellFinding], groups: Mapping[str, CellGroup]) -> list[CellFinding]:
    """Cells in the order in which to look at them; within a rank by rising score, then by number."""

    def key(cell: CellFinding) -> tuple[int, float, int]:
        score = 0.0 if cell.prediction is None else cell.prediction.score
        return rank(cell, groups), score, cell.id

    return sorted(cells, key=key)


def count_contradicted(cells: Iterable[CellFinding], groups: Mapping[str, CellGroup]) -> int:
    """How many cells measure unlike what they are called."""
    return sum(rank(cell, groups) == CONTRADICTED for cell in cells)

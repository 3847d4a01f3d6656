"""How many cells of each kind does a field show?"""

from __future__ import annotations

from collections.abc import Sequence

from leukoscope.bundles.card import Card
from leukoscope.domain.findings import CellFinding, CutCounts, FieldCounts
from leukoscope.inference.finding import FoundCells


def count_field(
    found: FoundCells, cells: Sequence[CellFinding], card: Card | None, width: int, height: int
) -> FieldCounts | None:
    """Counts of a field; None for a crop of one cell and where leukocytes could not be counted.

    What was not counted is never told as none: a blank picture, a gray one, a heap, finders that contradict each other.

    Args:
        found: What was found in it.
        cells: Its nucleated cells, named.
        card: Card of the model that named them.
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
    """
    if found.kind != "field" or not found.counted:
        return None
    leukocytes = _leukocytes(cells, card)
    others = found.others
    if others is None:
        return FieldCounts(len(leukocytes), None, None)
    cut = sum(cell.box.touches_border(width, height, others.edge_px) for cell in leukocytes)
    return FieldCounts(
        len(leukocytes),
        others.rbc,
        others.platelet,
        CutCounts(cut, others.rbc_cut, others.platelet_cut),
        others.rbc_overlapping,
    )


def _leukocytes(cells: Sequence[CellFinding], card: Card | None) -> list[CellFinding]:
    """Nucleated cells but those surely named erythroblast, as the differential counts them."""
    labels = () if card is None else card.labels
    erythroid = {label.name for label in labels if label.group == "erythroblast"}
    return [
        cell
        for cell in cells
        if cell.prediction is None or cell.prediction.uncertain or cell.prediction.label not in erythroid
    ]

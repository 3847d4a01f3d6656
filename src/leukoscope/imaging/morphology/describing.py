"""What does one cell's measuring come to?  Sentence, standings, blast-likeness, and whether the network disagrees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from leukoscope.domain.findings import Prediction
from leukoscope.domain.labels import CellGroup
from leukoscope.domain.morphology import Morphology, Standing
from leukoscope.imaging.morphology.blast_likeness import blast_likeness
from leukoscope.imaging.morphology.comparable import comparable_values
from leukoscope.imaging.morphology.conflict import find_conflict
from leukoscope.imaging.morphology.reference import Reference, ReferenceCells
from leukoscope.imaging.morphology.sentence import describe

COMPARED = ("nucleus_area_um2", "cell_area_um2", "nucleus_to_cell_ratio", "chromatin_fineness", "granularity_total")
"""What is told of a cell among reference cells, in this order."""
NOT_MEASURED = "No outline was found, so nothing was measured."
CUT = "The outline reaches the edge of the picture: the cell is cut, or the outline is wrong, so nothing is said of it."
LEAST_RATIO = 0.1
"""N:C below which what was outlined is no nucleated cell; that of reference leukocytes is 0.2 and more."""
TOO_LITTLE = (
    "The nucleus fills less than a tenth of the outline: it is wrong, or this is no cell; nothing is said of it."
)
NO_NUCLEUS = "No nucleus was outlined, so its measurements are not told in words."


def describe_cell(
    values: Mapping[str, float],
    said: Prediction | None,
    groups: Mapping[str, CellGroup],
    reference: Reference,
    *,
    cut: bool,
) -> Morphology:
    """Say what the measurements of a cell mean; nothing where its outline is doubtful.

    Args:
        values: Measurements by name; empty where it was not outlined.
        said: What the network says of it.
        groups: Group of each class of the network.
        reference: Reference cells outlined in the same way from pictures of the same kind.
        cut: Whether the edge of the picture cuts the cell.
    """
    note = _doubt(values, cut=cut)
    if note:
        return Morphology(note=note)
    trusted = comparable_values(values)
    likeness = blast_likeness(trusted)
    named = None if said is None or said.uncertain or said.novel else said.label
    return Morphology(
        sentence=describe(trusted, reference.everyone),
        standings=tuple(_standings(trusted, reference.of_class(named))),
        blast_likeness=likeness,
        conflict=find_conflict(likeness, said, groups, reference),
    )


def _doubt(values: Mapping[str, float], *, cut: bool) -> str:
    if not values:
        return NOT_MEASURED
    if cut:
        return CUT
    ratio = values.get("nucleus_to_cell_ratio", 0.0)
    if ratio <= 0:
        return NO_NUCLEUS
    return TOO_LITTLE if ratio < LEAST_RATIO else ""


def _standings(values: Mapping[str, float], cells: ReferenceCells | None) -> Iterator[Standing]:
    for name in COMPARED:
        found = None if cells is None else cells.standing(name, values)
        if found is not None:
            yield found

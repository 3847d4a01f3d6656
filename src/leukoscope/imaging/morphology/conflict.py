"""Do the measurements of a cell contradict what a network calls it?  By the reference cells of its own class."""

from __future__ import annotations

from collections.abc import Mapping

from leukoscope.domain.findings import Prediction
from leukoscope.domain.labels import CellGroup
from leukoscope.domain.morphology import BlastLikeness, ReferenceGroup
from leukoscope.imaging.morphology.reference import Reference

RARE = 2.5
"""Percent of a class's reference cells beyond which its cells contradict their name."""
SCALED, UNSCALED = "blast_likeness", "blast_likeness_unscaled"
"""Under these names the reference keeps the scores of its cells: with, and without the size of the nucleus."""


def score_name(likeness: BlastLikeness) -> str | None:
    """Under which name the reference has scores made of the same parts; None for those it does not have."""
    if not likeness.chromatin:
        return None
    return SCALED if likeness.scaled else UNSCALED


def find_conflict(
    likeness: BlastLikeness | None, said: Prediction | None, groups: Mapping[str, CellGroup], reference: Reference
) -> str:
    """How network and measurements contradict each other, in a sentence.

    A cell named anything but a blast contradicts its name where it measures more like a blast than 97.5 % of the
    reference cells of its class (of all leukocytes, where its class has none); a cell named blast, where it measures
    less like one than 97.5 % of the reference blasts. Cells without a sure name are looked at anyway.

    Args:
        likeness: Score from measurements alone.
        said: What the network says.
        groups: Group of each class of the network.
        reference: Reference cells.

    Returns:
        Empty where they agree, or where there is nothing to compare.
    """
    if likeness is None or said is None or said.uncertain or said.novel:
        return ""
    blast = groups.get(said.label) == "blast"
    cells = reference.of_class(said.label) or (None if blast else reference.everyone)
    name = score_name(likeness)
    percent = None if cells is None or name is None else cells.percent_below(name, likeness.score)
    if cells is None or name is None or percent is None:
        return ""
    among = cells.having(name)
    if blast:
        return _told("less", likeness, 100 - percent, among) if percent < RARE else ""
    return _told("more", likeness, percent, among) if percent > 100 - RARE else ""


def _told(which: str, likeness: BlastLikeness, percent: float, among: ReferenceGroup) -> str:
    share = ">99" if percent > 99 else f"{percent:.0f}"
    return (
        f"Measures {which} like a blast than {share} % of {among.cells} reference {among.title} "
        f"(blast-likeness {likeness.score:.2f})."
    )

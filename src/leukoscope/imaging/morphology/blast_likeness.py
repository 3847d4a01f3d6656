"""How much does a cell measure like a blast?  A documented formula of size, N:C, chromatin, nucleoli and cytoplasm.

It describes a cell in the words with which hematologists describe blasts; it is not a finding of blasts. Small
lymphoblasts with condensed chromatin get a low score, large activated lymphocytes a high one.

References:
    Bennett et al. 1976, "Proposals for the classification of the acute leukaemias" (FAB: lymphoblasts L1 to L3).
    Mufti et al. 2008, Haematologica 93:1712, the consensus of the IWGM-MDS on the definition and enumeration of
    myeloblasts and ring sideroblasts (high N:C, fine chromatin, visible nucleoli).
    Palmer et al. 2015, "ICSH recommendations for the standardization of nomenclature and grading of peripheral blood
    cell morphological features".
    Swerdlow et al. 2017, "WHO classification of tumours of haematopoietic and lymphoid tissues", 4th edition, revised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from leukoscope.domain.morphology import BlastLikeness


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that hematologists look for in a blast, as a ramp over one measurement.

    Attributes:
        title: What it is, in words.
        measurement: Its name, unit included.
        none_at: Value from which on there is nothing of it.
        full_at: Value from which on there is all of it; below `none_at` where less is more.
        needed: Without it there is no score; else the score is made of the others.
    """

    title: str
    measurement: str
    none_at: float
    full_at: float
    needed: bool = True

    def met(self, value: float) -> float:
        """How far a value meets it, in [0, 1].

        Example:
            >>> Criterion("high N:C", "nucleus_to_cell_ratio", 0.5, 0.9).met(0.7)
            0.5
        """
        return min(1.0, max(0.0, round((float(value) - self.none_at) / (self.full_at - self.none_at), 9)))


CHROMATIN = "chromatin_fineness"
FEWEST = 3
"""Criteria below which there is no score."""
CRITERIA = (
    Criterion("large nucleus", "nucleus_diameter_um", 10.0, 14.0, needed=False),
    Criterion("high N:C", "nucleus_to_cell_ratio", 0.5, 0.8),
    Criterion("round nucleus in one piece", "nucleus_solidity", 0.85, 0.97),
    Criterion("fine chromatin", CHROMATIN, 0.5, 0.7, needed=False),
    Criterion("nucleolus", "nucleoli_count", 0.0, 1.0, needed=False),
)
"""What is looked for; docs/explanation/cells.md says where the ramps come from."""


def blast_likeness(values: Mapping[str, float], criteria: tuple[Criterion, ...] = CRITERIA) -> BlastLikeness | None:
    """Mean of the criteria that can be looked at, all with the same weight.

    Args:
        values: Measurements by name, those that may be compared (`comparable_values`).
        criteria: What is looked for.

    Returns:
        None without nucleus, or where less than three criteria can be looked at (a cell that is small in a picture
        whose pixel size nobody knows).

    Example:
        >>> blast_likeness({"nucleus_to_cell_ratio": 0.9}) is None
        True
    """
    known = [one for one in criteria if one.measurement in values]
    if len(known) < FEWEST or any(one.needed and one not in known for one in criteria):
        return None
    parts = tuple(_parts(known, values))
    score = sum(met for _, met in parts) / len(parts)
    seen = {one.measurement for one in known}
    return BlastLikeness(
        round(score, 4), parts, scaled=any(name.endswith("_um") for name in seen), chromatin=CHROMATIN in seen
    )


def _parts(criteria: list[Criterion], values: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    for one in criteria:
        yield one.title, round(one.met(values[one.measurement]), 4)

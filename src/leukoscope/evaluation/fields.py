"""What do the counts of several fields add up to?  Cells per field, and leukocytes per red cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from leukoscope.domain.findings import CutCounts, FieldCounts


@dataclass(frozen=True, slots=True)
class FieldTotals:
    """Sums over fields in which leukocytes, red cells and platelets were counted.

    Attributes:
        fields: How many fields.
        counts: All their cells.
    """

    fields: int
    counts: FieldCounts

    @property
    def wbc_per_field(self) -> float:
        """Mean number of leukocytes."""
        return (self.counts.wbc or 0) / self.fields

    @property
    def rbc_per_field(self) -> float:
        """Mean number of red cells."""
        return (self.counts.rbc or 0) / self.fields

    @property
    def platelets_per_field(self) -> float:
        """Mean number of platelets."""
        return (self.counts.platelet or 0) / self.fields


def add_fields(counts: Iterable[FieldCounts | None]) -> FieldTotals | None:
    """Add up fields; those in which a kind was not counted are left out. None where no field is left.

    Example:
        >>> one = FieldCounts(1, 20, 3, CutCounts(0, 4, 0), 2)
        >>> totals = add_fields([one, FieldCounts(5, None, None), one])
        >>> totals.fields, totals.rbc_per_field, round(totals.counts.wbc_to_rbc, 4)
        (2, 20.0, 0.0556)
    """
    wbc = rbc = platelet = fields = overlapping = wbc_cut = rbc_cut = platelet_cut = 0
    for one in counts:
        if one is None or one.wbc is None or one.rbc is None or one.platelet is None or one.cut is None:
            continue
        fields, wbc, rbc, platelet = fields + 1, wbc + one.wbc, rbc + one.rbc, platelet + one.platelet
        wbc_cut, rbc_cut = wbc_cut + one.cut.wbc, rbc_cut + one.cut.rbc
        platelet_cut, overlapping = platelet_cut + one.cut.platelet, overlapping + (one.rbc_overlapping or 0)
    if not fields:
        return None
    return FieldTotals(fields, FieldCounts(wbc, rbc, platelet, CutCounts(wbc_cut, rbc_cut, platelet_cut), overlapping))

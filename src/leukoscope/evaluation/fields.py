"""What do the counts of several fields add up to?  Cells per field, and leukocytes per red cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from leukoscope.domain.findings import CutCounts, FieldCounts


@dataclass(frozen=True, slots=True)
class FieldTotals:
    """Sums over fields: leukocytes of all, red cells and platelets of those in which they were counted.

    Attributes:
        fields: In how many fields leukocytes were counted.
        wbc: All their leukocytes.
        counted: In how many of them red cells and platelets were counted, too.
        counts: All cells of these.
    """

    fields: int
    wbc: int
    counted: int
    counts: FieldCounts

    @property
    def not_counted(self) -> int:
        """Fields without red cells and platelets counted; often those most dense with leukocytes."""
        return self.fields - self.counted

    @property
    def wbc_per_field(self) -> float:
        """Mean number of leukocytes over all fields."""
        return self.wbc / self.fields

    @property
    def rbc_per_field(self) -> float:
        """Mean number of red cells over the fields in which they were counted."""
        return (self.counts.rbc or 0) / self.counted

    @property
    def platelets_per_field(self) -> float:
        """Mean number of platelets over the fields in which they were counted."""
        return (self.counts.platelet or 0) / self.counted


def add_fields(counts: Iterable[FieldCounts | None]) -> FieldTotals | None:
    """Add up fields. None where red cells and platelets were counted in none.

    Example:
        >>> one = FieldCounts(1, 20, 3, CutCounts(0, 4, 0), 2)
        >>> totals = add_fields([one, FieldCounts(5, None, None), one])
        >>> totals.fields, round(totals.wbc_per_field, 2), totals.not_counted
        (3, 2.33, 1)
        >>> totals.rbc_per_field, round(totals.counts.wbc_to_rbc, 4)
        (20.0, 0.0556)
    """
    fields = every_wbc = counted = 0
    wbc = rbc = platelet = overlapping = wbc_cut = rbc_cut = platelet_cut = 0
    for one in counts:
        if one is None or one.wbc is None:
            continue
        fields, every_wbc = fields + 1, every_wbc + one.wbc
        if one.rbc is None or one.platelet is None or one.cut is None:
            continue
        counted, wbc, rbc, platelet = counted + 1, wbc + one.wbc, rbc + one.rbc, platelet + one.platelet
        wbc_cut, rbc_cut = wbc_cut + one.cut.wbc, rbc_cut + one.cut.rbc
        platelet_cut, overlapping = platelet_cut + one.cut.platelet, overlapping + (one.rbc_overlapping or 0)
    if not counted:
        return None
    summed = FieldCounts(wbc, rbc, platelet, CutCounts(wbc_cut, rbc_cut, platelet_cut), overlapping)
    return FieldTotals(fields, every_wbc, counted, summed)

from __future__ import annotations

import pytest

from leukoscope.domain.findings import CutCounts, FieldCounts
from leukoscope.evaluation.fields import add_fields

SPARSE = FieldCounts(1, 20, 4, CutCounts(0, 0, 0), 2)
DENSE = FieldCounts(40, None, None)
BLANK = FieldCounts(None, None, None)


def test_dense_fields_without_red_cells_counted_are_in_the_mean_of_leukocytes() -> None:
    totals = add_fields([SPARSE, DENSE, DENSE, BLANK, None])

    assert totals is not None
    assert (totals.fields, totals.not_counted) == (3, 2)
    assert totals.wbc_per_field == 81 / 3
    assert (totals.rbc_per_field, totals.platelets_per_field) == (20, 4)


def test_the_ratio_rests_on_the_fields_in_which_both_were_counted() -> None:
    totals = add_fields([SPARSE, DENSE])

    assert totals is not None
    assert totals.counts.wbc_to_rbc == pytest.approx(1 / 20)


def test_without_red_cells_counted_in_any_field_there_are_no_means() -> None:
    assert add_fields([DENSE, BLANK, None]) is None

from __future__ import annotations

import pytest

from leukoscope.domain.findings import CutCounts, FieldCounts
from leukoscope.reporting.counts_view import CountsView, fields_text, ratio_text
from leukoscope.reporting.documents import FieldsDocument


def test_a_field_without_red_cells_counted_shows_no_table() -> None:
    assert CountsView.of(None, None) is None
    assert CountsView.of(FieldCounts(3, None, None), None) is None


def test_rows_tell_what_the_edge_cuts_and_limits_what_is_least_sure() -> None:
    view = CountsView.of(FieldCounts(2, 31, 4, CutCounts(1, 3, 0), 12), None)

    assert view is not None
    assert [(row.title, row.count, row.cut) for row in view.rows] == [
        ("Leukocytes", 2, 1), ("Red cells", 31, 3), ("Platelets", 4, 0)
    ]  # fmt: skip
    assert view.ratio == "1 leukocyte to about 20 red cells"
    assert any("12 red cells in overlaps" in limit for limit in view.limits)
    assert any("edge" in limit for limit in view.limits)


def test_no_ratio_is_told_to_fewer_than_ten_red_cells() -> None:
    view = CountsView.of(FieldCounts(2, 9, 4, CutCounts(0, 0, 0), 0), None)

    assert view is not None
    assert view.ratio == ""


@pytest.mark.parametrize(("ratio", "told"), [(0.0049, "about 200"), (0.0333, "about 30"), (2.04, "2 leukocytes to 1")])
def test_a_ratio_is_told_no_finer_than_two_figures(ratio: float, told: str) -> None:
    assert told in ratio_text(ratio)


def test_cells_per_field_are_told_with_the_number_of_fields() -> None:
    fields = FieldsDocument(fields=3, wbc_per_field=1.33, rbc_per_field=20.4, platelets_per_field=0.7, wbc_to_rbc=0.065)

    some = fields.model_copy(update={"fields_not_counted": 1})

    assert fields_text(None) == ""
    assert "1 of 3 fields could not be counted for red cells and platelets" in fields_text(some)
    assert fields_text(fields) == (
        "Per field, mean of 3 fields: 1.3 leukocytes, 20 red cells, 0.7 platelets; 1 leukocyte to about 15 red cells."
    )

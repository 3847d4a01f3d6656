from __future__ import annotations

from collections.abc import Sequence

import pytest

from leukoscope.domain.regions import Box
from leukoscope.inference.agreement import compare_finders


def row(*starts: float) -> list[Box]:
    return [Box(x, 0, x + 10, 10) for x in starts]


def bare(boxes: Sequence[Box]) -> list[float]:
    return [0.02] * len(boxes)


def test_boxes_over_the_same_cell_agree_even_where_one_holds_two_lobes() -> None:
    agreement = compare_finders([Box(0, 0, 20, 20)], [Box(1, 1, 9, 9), Box(11, 11, 19, 19)], bare)

    assert agreement.unstained == agreement.missed == ()
    assert not agreement.broken


def test_what_only_one_of_them_tells_is_named() -> None:
    agreement = compare_finders(row(0, 20, 40), row(0, 20, 60), bare)

    assert agreement.unstained == (2,)
    assert agreement.missed == (2,)
    assert agreement.cells == 4
    assert not agreement.broken


def test_more_contradictions_than_half_of_the_cells_break_the_agreement() -> None:
    assert compare_finders(row(0, 20, 40, 60), row(0), bare).broken
    assert compare_finders(row(0), row(0, 20, 40, 60), bare).broken
    assert not compare_finders(row(0, 20), [], bare).broken
    assert not compare_finders([], [], bare).broken


def test_a_stained_box_stands_although_the_stain_alone_made_no_cell_of_it() -> None:
    agreement = compare_finders(row(0, 20, 40), row(0), lambda boxes: [0.3] * len(boxes))

    assert agreement.unstained == ()
    assert not agreement.broken


def test_a_box_over_three_stained_cells_hides_none_of_them() -> None:
    agreement = compare_finders([Box(0, 0, 60, 10), Box(80, 0, 90, 10)], row(0, 20, 40, 80), bare)

    assert agreement.crowded == (0,)
    assert agreement.hidden == (0, 1, 2)
    assert agreement.cells == 4


@pytest.mark.parametrize(("cell_px", "crowded"), [(10.0, (0,)), (10.1, ())])
def test_two_stained_cells_in_a_box_are_two_cells_only_where_each_is_as_wide_as_one(
    cell_px: float, crowded: tuple[int, ...]
) -> None:
    assert compare_finders([Box(0, 0, 30, 10)], row(0, 20), bare, cell_px=cell_px).crowded == crowded


def test_one_box_over_a_whole_field_of_stained_cells_breaks_the_agreement() -> None:
    assert compare_finders([Box(0, 0, 200, 10)], row(*range(0, 200, 20)), bare).broken


def test_a_stained_cell_belongs_to_its_own_box_although_a_neighbor_reaches_over_it() -> None:
    agreement = compare_finders([Box(0, 0, 26, 10), *row(15, 16)], row(0, 15), bare, cell_px=5)

    assert agreement.crowded == ()

from __future__ import annotations

from leukoscope.domain.regions import Box
from leukoscope.inference.agreement import compare_finders


def row(*starts: float) -> list[Box]:
    return [Box(x, 0, x + 10, 10) for x in starts]


def test_boxes_over_the_same_cell_agree_even_where_one_holds_two_lobes() -> None:
    agreement = compare_finders([Box(0, 0, 20, 20)], [0.4], [Box(1, 1, 9, 9), Box(11, 11, 19, 19)])

    assert agreement.unstained == agreement.missed == ()
    assert not agreement.broken


def test_what_only_one_of_them_tells_is_named() -> None:
    agreement = compare_finders(row(0, 20, 40), [0.3, 0.2, 0.02], row(0, 20, 60))

    assert agreement.unstained == (2,)
    assert agreement.missed == (2,)
    assert agreement.cells == 4
    assert not agreement.broken


def test_more_contradictions_than_half_of_the_cells_break_the_agreement() -> None:
    assert compare_finders(row(0, 20, 40, 60), [0.4, 0, 0, 0], row(0)).broken
    assert compare_finders(row(0), [0.4], row(0, 20, 40, 60)).broken
    assert not compare_finders(row(0, 20), [0, 0], []).broken
    assert not compare_finders([], [], []).broken

from __future__ import annotations

from collections.abc import Sequence

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

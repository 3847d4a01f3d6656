from __future__ import annotations

from dataclasses import replace

from leukoscope.domain.findings import CellFinding, CutCounts, FieldCounts
from leukoscope.domain.regions import Box, Outline
from leukoscope.inference.counting import count_field
from leukoscope.inference.finding import FoundCell, FoundCells, OtherCells

OTHERS = OtherCells(rbc=20, rbc_cut=4, rbc_overlapping=6, platelet=3, platelet_cut=1)


def cell(number: int, box: Box) -> CellFinding:
    return CellFinding(number, box, FoundCell(box, None).border, None, {})


def test_a_crop_of_one_cell_has_no_counts() -> None:
    found = FoundCells("classical", "cell", (), None)
    assert count_field(found, [cell(1, Box(0, 0, 9, 9))], None, 100, 80) is None


def test_without_a_detector_only_leukocytes_are_counted() -> None:
    found = FoundCells("classical", "field", (), None)
    assert count_field(found, [cell(1, Box(10, 10, 20, 20))], None, 100, 80) == FieldCounts(1, None, None)


def test_what_the_edge_cuts_is_counted_and_told_apart() -> None:
    found = FoundCells("cell-detector 0.1.0", "field", (), None, OTHERS)
    cells = [cell(1, Box(10, 10, 20, 20)), cell(2, Box(0, 30, 9, 40)), cell(3, Box(90, 60, 100, 80))]
    counts = count_field(found, cells, None, 100, 80)

    assert counts == FieldCounts(3, 20, 3, CutCounts(2, 4, 1), 6)
    assert counts.wbc_to_rbc == (3 - 1) / (20 - 2)


def test_leukocytes_reach_the_edge_as_red_cells_do() -> None:
    others = replace(OTHERS, edge_px=4.0)
    found = FoundCells("cell-detector 0.1.0", "field", (), None, others)
    counts = count_field(found, [cell(1, Box(80, 30, 97, 40)), cell(2, Box(80, 60, 95, 70))], None, 100, 80)

    assert counts is not None
    assert counts.cut is not None
    assert counts.cut.wbc == 1


def test_a_field_that_could_not_be_counted_has_no_counts_instead_of_noughts() -> None:
    found = FoundCells("classical", "field", (), None, counted=False)
    assert count_field(found, [], None, 100, 80) is None
    assert count_field(found, [cell(1, Box(10, 10, 20, 20))], None, 100, 80) is None


def test_a_cell_of_which_only_the_box_is_known_is_drawn_as_its_box() -> None:
    assert FoundCell(Box(0, 1, 2, 3), None).border == Outline(((0, 1), (2, 1), (2, 3), (0, 3)))

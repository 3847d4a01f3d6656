from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from leukoscope.domain.morphology import Morphology
from leukoscope.reporting import gallery

GROUPS = {"neutrophil": "leukocyte", "immature_granulocyte": "immature", "erythroblast": "erythroblast"}


def test_novel_then_uncertain_then_immature_or_erythroblast_then_rising_score(make_finding):
    said = [
        ("neutrophil", 0.99),
        ("neutrophil", 0.95),
        ("erythroblast", 0.96),
        ("immature_granulocyte", 0.93),
        ("neutrophil", 0.7),
        ("neutrophil", 0.97, True),
        ("lymphocyte", 0.5),
    ]
    _, finding = make_finding(said)

    assert [cell.id for cell in gallery.in_order(finding.cells, GROUPS)] == [6, 7, 5, 4, 3, 2, 1]


def test_cells_no_model_named_stay_in_their_order(make_finding):
    _, finding = make_finding([None, None, None])

    assert [cell.id for cell in gallery.in_order(finding.cells, {})] == [1, 2, 3]


said_of_a_cell = st.tuples(st.sampled_from(sorted(GROUPS)), st.floats(0.3, 0.999), st.booleans())


@given(st.lists(said_of_a_cell, max_size=12))
def test_no_cell_is_lost_and_ranks_never_fall(make_finding, said):
    _, finding = make_finding(said)
    ordered = gallery.in_order(finding.cells, GROUPS)
    ranks = [gallery.rank(cell, GROUPS) for cell in ordered]

    assert sorted(cell.id for cell in ordered) == [cell.id for cell in finding.cells]
    assert ranks == sorted(ranks)


def contradicted(cell):
    conflict = "Measures more like a blast than 99 % of 578 reference neutrophils."
    return dataclasses.replace(cell, morphology=Morphology(conflict=conflict))


def test_a_cell_that_measures_unlike_its_name_comes_after_the_novel_and_before_the_uncertain(make_finding):
    _, finding = make_finding([("neutrophil", 0.5), ("neutrophil", 0.99), ("neutrophil", 0.97, True)])
    first, second, third = finding.cells

    ordered = gallery.in_order([first, contradicted(second), third], GROUPS)

    assert [cell.id for cell in ordered] == [3, 2, 1]
    assert gallery.REASONS[gallery.rank(ordered[1], GROUPS)] == "its measurements contradict its name"
    assert gallery.count_contradicted(ordered, GROUPS) == 1


def test_a_novel_cell_stays_novel_whatever_it_measures(make_finding):
    _, finding = make_finding([("neutrophil", 0.97, True)])

    assert gallery.rank(contradicted(finding.cells[0]), GROUPS) == gallery.NOVEL


def test_a_cell_that_a_model_could_not_measure_is_looked_at_early_and_says_why(make_finding):
    _, finding = make_finding([None])
    (unnamed,) = finding.cells
    assert gallery.REASONS[gallery.rank(unnamed, GROUPS)] == "could not be measured, so it has no name"
    assert gallery.rank(unnamed, {}) == gallery.NAMED

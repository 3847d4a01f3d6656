from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from leukoscope.domain.labels import UNCERTAIN, Label
from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.differential import summarize

NEUTROPHIL = Label("neutrophil", "Neutrophil", "A sentence.", "leukocyte")
IMMATURE = Label("immature_granulocyte", "Immature granulocyte", "A sentence.", "immature")
ERYTHROBLAST = Label("erythroblast", "Erythroblast", "A sentence.", "erythroblast")
BLAST = Label("blast", "Blast", "A sentence.", "blast")
HEALTHY_DONORS = (NEUTROPHIL, IMMATURE, ERYTHROBLAST)


def cells(**counts: int) -> list[tuple[str | None, bool]]:
    return [(name, False) for name, count in counts.items() for _ in range(count)]


one_cell = st.tuples(st.sampled_from([label.name for label in HEALTHY_DONORS] + [None]), st.booleans())


@given(st.lists(one_cell, max_size=80))
def test_percentages_sum_to_100_and_limits_hold_the_value(found):
    summary = summarize(found, HEALTHY_DONORS)
    shares = summary.differential.values()

    assert summary.cells == len(found)
    if shares:
        assert sum(share.percent for share in shares) == pytest.approx(100)
        assert sum(share.count for share in shares) == summary.cells - summary.erythroblasts
    assert all(0 <= share.ci95[0] <= share.percent + 1e-9 for share in shares)
    assert all(share.percent - 1e-9 <= share.ci95[1] <= 100 for share in shares)


@given(st.lists(one_cell, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_the_cells_does_not_matter(found, chance):
    mixed = list(found)
    chance.shuffle(mixed)

    assert summarize(mixed, HEALTHY_DONORS) == summarize(found, HEALTHY_DONORS)


def test_erythroblasts_are_told_per_100_leukocytes_outside_the_percentages():
    summary = summarize(cells(neutrophil=150, immature_granulocyte=50, erythroblast=10), HEALTHY_DONORS)

    assert summary.erythroblasts == 10
    assert summary.erythroblasts_per_100_leukocytes == 5
    assert "erythroblast" not in summary.differential
    assert summary.differential["neutrophil"].percent == 75


def test_an_uncertain_cell_is_a_leukocyte_of_its_own_row_whatever_class_came_out_best():
    found = [("erythroblast", True), ("neutrophil", True), (None, False), ("neutrophil", False)]
    summary = summarize(found, HEALTHY_DONORS)

    assert summary.uncertain == summary.differential[UNCERTAIN].count == 3
    assert summary.differential["neutrophil"].percent == 25
    assert summary.erythroblasts == 0


def test_limits_are_the_exact_ones():
    share = summarize(cells(neutrophil=45, immature_granulocyte=5), HEALTHY_DONORS).differential[IMMATURE.name]

    expected = binomtest(5, 50).proportion_ci(method="exact")
    assert share.ci95 == pytest.approx((100 * expected.low, 100 * expected.high))


def test_blasts_are_none_with_a_reason_when_no_class_knows_them():
    summary = summarize(cells(neutrophil=100), HEALTHY_DONORS)

    assert summary.blasts is None
    assert "not a count of zero" in summary.blasts_note


def test_blasts_are_counted_when_a_class_knows_them():
    summary = summarize(cells(neutrophil=150, blast=50), (NEUTROPHIL, BLAST))

    assert summary.blasts.count == 50
    assert summary.blasts.percent == 25
    assert any(flag.startswith("Cells named blast: 50") for flag in summary.flags)


def test_no_share_of_blasts_is_told_without_a_leukocyte():
    summary = summarize(cells(erythroblast=3), (NEUTROPHIL, ERYTHROBLAST, BLAST))

    assert summary.blasts is None
    assert summary.differential == {}
    assert summary.erythroblasts_per_100_leukocytes is None


def test_without_a_cell_model_nothing_is_told_of_classes():
    summary = summarize([(None, False)] * 5, ())

    assert (summary.cells, dict(summary.differential), summary.blasts, summary.flags) == (5, {}, None, ())
    assert "not a count of zero" in summary.blasts_note


def test_a_label_the_model_does_not_have_is_refused():
    with pytest.raises(InvalidValueError, match="'blast'"):
        summarize([("blast", False)], HEALTHY_DONORS)


@pytest.mark.parametrize(
    ("found", "novel", "expected"),
    [
        (cells(neutrophil=100, immature_granulocyte=2), 0, ["Immature cells present: 2 named immature granulocyte."]),
        (cells(neutrophil=100, erythroblast=3), 0, ["Erythroblasts present: 3 (3.0 per 100 leukocytes)."]),
        (cells(neutrophil=200), 0, []),
        (cells(neutrophil=200), 1, ["1 cell is unlike the cells the model was trained on. Look at it first."]),
        (cells(neutrophil=1), 0, ["Only 1 leukocyte counted (fewer than 100): the limits are wide."]),
        ([], 0, ["No nucleated cell was found; this says nothing about the specimen."]),
    ],
)
def test_flags_say_what_to_look_at(found, novel, expected):
    assert list(summarize(found, HEALTHY_DONORS, novel=novel).flags) == expected


def test_many_uncertain_cells_are_flagged_and_few_are_not():
    many = summarize(cells(neutrophil=100) + [("neutrophil", True)] * 30, HEALTHY_DONORS)
    few = summarize(cells(neutrophil=100) + [("neutrophil", True)] * 3, HEALTHY_DONORS)

    assert any("30 of 130 cells were not named" in flag for flag in many.flags)
    assert few.flags == ()


@given(st.lists(one_cell, max_size=200), st.integers(0, 3))
def test_nothing_reassures(found, novel):
    summary = summarize(found, HEALTHY_DONORS, novel=novel)
    told = " ".join([*summary.flags, summary.blasts_note]).lower()

    assert not re.search(r"\b(normal|healthy|benign|unremarkable|no abnormal|all clear|negative)\b|diagnos", told)


def test_cells_that_only_resemble_blasts_are_told_one_by_one_but_never_counted_as_blasts():
    labels = (
        Label("blast", "Blast", "A sentence.", "blast", only_resembles=True),
        Label("precursor", "Precursor", "A sentence.", "immature", only_resembles=True),
    )
    summary = summarize(cells(blast=3, precursor=2), labels)

    assert summary.blasts is None
    assert "never measured" in summary.blasts_note
    assert "not a count of zero" in summary.blasts_note
    assert "Cells that resemble Blast: 3. Look at each of them." in summary.flags
    assert not any("named" in flag for flag in summary.flags)


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, "1 cell measures unlike what the model calls it. Look at it early."),
        (3, "3 cells measure unlike what the model calls them. Look at them early."),
    ],
)
def test_cells_that_measure_unlike_their_name_are_told_after_the_novel_ones(count, told):
    flags = summarize(cells(neutrophil=200), HEALTHY_DONORS, novel=1, contradicted=count).flags

    assert flags[1] == told
    assert all("measure" not in flag for flag in summarize(cells(neutrophil=200), HEALTHY_DONORS).flags)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.imaging.morphology.blast_likeness import CRITERIA, Criterion, blast_likeness

TEXTBOOK = {one.measurement: one.full_at for one in CRITERIA} | {"diameter_px": 150.0, "nucleus_lobes": 1.0}
OPPOSITE = {one.measurement: one.none_at for one in CRITERIA} | {"diameter_px": 150.0, "nucleus_lobes": 1.0}


def test_a_cell_as_the_textbook_tells_of_blasts_gets_1_and_its_opposite_0():
    assert blast_likeness(TEXTBOOK).score == 1
    assert blast_likeness(OPPOSITE).score == 0


def test_every_criterion_is_told_with_how_far_it_is_met():
    found = blast_likeness(OPPOSITE | {"nucleus_to_cell_ratio": TEXTBOOK["nucleus_to_cell_ratio"]})

    assert dict(found.parts) == {one.title: float(one.measurement == "nucleus_to_cell_ratio") for one in CRITERIA}
    assert found.score == pytest.approx(1 / len(CRITERIA), abs=1e-4)


@pytest.mark.parametrize("one", [one for one in CRITERIA if one.needed], ids=lambda one: one.measurement)
def test_without_a_needed_measurement_there_is_no_score(one):
    assert blast_likeness({name: value for name, value in TEXTBOOK.items() if name != one.measurement}) is None


def test_without_a_pixel_size_the_score_is_made_of_the_rest_and_says_so():
    unscaled = {name: value for name, value in TEXTBOOK.items() if not name.endswith("_um")}

    assert blast_likeness(TEXTBOOK).scaled
    assert not blast_likeness(unscaled).scaled
    assert blast_likeness(unscaled).score == 1


@pytest.mark.parametrize("one", CRITERIA, ids=lambda one: one.measurement)
@given(low=st.floats(0, 30), high=st.floats(0, 30))
def test_more_of_a_criterion_never_lowers_the_score(one: Criterion, low: float, high: float):
    first, second = sorted((low, high), reverse=one.full_at < one.none_at)
    less, more = (blast_likeness(OPPOSITE | {one.measurement: value}).score for value in (first, second))

    assert 0 <= less <= more <= 1


def test_without_chromatin_the_score_says_so_and_of_two_criteria_there_is_none():
    dark = {name: value for name, value in TEXTBOOK.items() if name not in ("chromatin_fineness", "nucleoli_count")}
    unscaled = {name: value for name, value in dark.items() if name != "nucleus_diameter_um"}

    assert blast_likeness(TEXTBOOK).chromatin
    assert not blast_likeness(dark).chromatin
    assert blast_likeness(unscaled) is None

import dataclasses

import pytest

from leukoscope.domain.morphology import BlastLikeness
from leukoscope.imaging.morphology.conflict import find_conflict
from leukoscope.imaging.morphology.reference import Reference

GROUPS = {"lymphocyte": "leukocyte", "blast": "blast", "giant": "leukocyte", "other": "leukocyte"}


def likeness(score: float, *, scaled: bool = True, chromatin: bool = True) -> BlastLikeness:
    return BlastLikeness(score, (), scaled, chromatin)


def test_a_lymphocyte_that_measures_like_hardly_any_of_them_contradicts_its_name(reference, named):
    told = find_conflict(likeness(0.98), named("lymphocyte"), GROUPS, reference)

    assert told == "Measures more like a blast than 98 % of 200 reference lymphocytes (blast-likeness 0.98)."


def test_never_more_than_all_and_only_cells_with_a_score_are_counted(reference_cells, named):
    cells = dataclasses.replace(reference_cells(), counts={"blast_likeness": 71})
    told = find_conflict(likeness(1.0), named("lymphocyte"), GROUPS, Reference({"lymphocyte": cells}))

    assert told == "Measures more like a blast than >99 % of 71 reference lymphocytes (blast-likeness 1.00)."


def test_a_usual_lymphocyte_does_not(reference, named):
    assert find_conflict(likeness(0.97), named("lymphocyte"), GROUPS, reference) == ""


def test_a_blast_that_measures_less_like_one_than_nearly_all_reference_blasts_does(reference, named):
    told = find_conflict(likeness(0.01), named("blast"), GROUPS, reference)

    assert told == "Measures less like a blast than 99 % of 200 reference blasts (blast-likeness 0.01)."
    assert find_conflict(likeness(0.99), named("blast"), GROUPS, reference) == ""


def test_a_class_without_reference_cells_is_held_against_all_leukocytes(reference, named):
    assert "reference leukocytes" in find_conflict(likeness(0.99), named("giant"), GROUPS, reference)


def test_blasts_without_reference_blasts_contradict_nothing(reference, named):
    without = Reference({name: one for name, one in reference.groups.items() if name != "blast"})

    assert find_conflict(likeness(0.0), named("blast"), GROUPS, without) == ""


@pytest.mark.parametrize("doubt", [{"uncertain": True}, {"novel": True}])
def test_cells_without_a_sure_name_contradict_nothing(reference, named, doubt):
    assert find_conflict(likeness(0.99), named("lymphocyte", **doubt), GROUPS, reference) == ""


def test_without_score_or_name_there_is_nothing_to_contradict(reference, named):
    assert find_conflict(None, named("lymphocyte"), GROUPS, reference) == ""
    assert find_conflict(likeness(0.99), None, GROUPS, reference) == ""


def test_a_score_without_size_is_held_against_scores_without_size(reference_cells, named):
    high = tuple(0.9 + percent / 1000 for percent in range(101))
    cells = reference_cells(quantiles={"blast_likeness": high, "blast_likeness_unscaled": tuple(x / 2 for x in high)})
    only = Reference({"lymphocyte": cells})

    assert find_conflict(likeness(0.8), named("lymphocyte"), GROUPS, only) == ""
    assert find_conflict(likeness(0.8, scaled=False), named("lymphocyte"), GROUPS, only)


def test_a_score_without_chromatin_contradicts_nothing_because_the_reference_has_none_like_it(reference, named):
    assert find_conflict(likeness(0.99, chromatin=False), named("lymphocyte"), GROUPS, reference) == ""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.domain.morphology import ReferenceGroup, Standing
from leukoscope.errors import InvalidValueError
from leukoscope.imaging.morphology.reference import ReferenceShelf, quantiles_of


def test_a_cell_stands_where_the_reference_cells_with_less_end(reference_cells):
    standing = reference_cells().standing("nucleus_area_um2", {"nucleus_area_um2": 93.0})

    assert standing.percent == pytest.approx(93)
    assert standing.group.title == "lymphocytes"


@pytest.mark.parametrize(("value", "percent"), [(-5.0, 0), (0.0, 0), (100.0, 100), (1e6, 100)])
def test_beyond_all_reference_cells_is_none_or_all_of_them(reference_cells, value, percent):
    assert reference_cells().percent_below("nucleus_area_um2", value) == percent


def test_among_many_cells_with_the_same_value_half_of_them_count_as_less(reference_cells):
    none = tuple(0.0 if percent <= 60 else float(percent) for percent in range(101))
    cells = reference_cells(quantiles={"nucleoli_count": none})

    assert cells.percent_below("nucleoli_count", 0.0) == 30
    assert cells.percent_below("nucleoli_count", 80.0) == pytest.approx(80)


def test_what_cell_or_reference_lack_is_not_told(reference_cells):
    assert reference_cells().standing("nucleus_area_um2", {}) is None
    assert reference_cells().standing("weight", {"weight": 3.0}) is None
    assert reference_cells().quantile("weight", 50) is None


def test_quantiles_that_fall_or_are_too_few_are_refused(reference_cells):
    with pytest.raises(InvalidValueError, match="rise"):
        reference_cells(quantiles={"weight": tuple(float(100 - number) for number in range(101))})
    with pytest.raises(InvalidValueError, match="one for each percent"):
        reference_cells(quantiles={"weight": (1.0, 2.0)})


def test_a_percentage_names_only_the_cells_that_have_the_measurement(reference_cells):
    cells = dataclasses.replace(reference_cells(), counts={"chromatin_fineness": 60})
    values = {"chromatin_fineness": 0.5, "nucleus_area_um2": 50.0}

    assert cells.standing("chromatin_fineness", values).group.cells == 60
    assert cells.standing("nucleus_area_um2", values).group.cells == 200


def test_more_cells_than_there_are_cannot_have_a_measurement(reference_cells):
    with pytest.raises(InvalidValueError, match="201 cannot"):
        dataclasses.replace(reference_cells(), counts={"chromatin_fineness": 201})


def test_a_percentage_above_100_cannot_be_built():
    with pytest.raises(InvalidValueError, match="between 0 and 100"):
        Standing("nucleus_area_um2", 100.1, ReferenceGroup("a", "as", 5, "drawn"))


sizes = st.floats(-2e3, 2e3).map(lambda value: round(value, 6))


@given(st.lists(sizes, min_size=2, max_size=60), st.lists(sizes, min_size=2, max_size=5))
def test_a_larger_value_never_stands_lower(reference_cells, values, asked):
    percents = tuple(float(percent) for percent in range(101))
    cells = reference_cells(quantiles={"size": quantiles_of(values, percents, [1.0] * len(values))})
    ranked = [cells.percent_below("size", value) for value in sorted(asked)]

    assert ranked == sorted(ranked)
    assert all(0 <= percent <= 100 for percent in ranked)


def test_a_class_with_twice_the_weight_draws_the_median_to_it():
    values, low_heavy = [1.0] * 10 + [9.0] * 10, [2.0] * 10 + [1.0] * 10

    assert quantiles_of(values, [50], [1.0] * 20) == (5.0,)
    assert quantiles_of(values, [50], low_heavy) == (1.0,)


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=50))
def test_quantiles_rise_from_the_smallest_to_the_largest(values):
    found = quantiles_of(values, [0, 25, 50, 75, 100], [1.0] * len(values))

    assert list(found) == sorted(found)
    assert found[0] == pytest.approx(min(values), rel=1e-3)
    assert found[-1] == pytest.approx(max(values), rel=1e-3)
    assert np.isfinite(found).all()


def test_only_cells_outlined_alike_from_pictures_of_the_same_kind_are_compared(reference_cells):
    here, cut_out = reference_cells("lymphocyte"), reference_cells("all-blast", on_black=True)
    shelf = ReferenceShelf((reference_cells("lymphocyte", outlined_by="watershed"), here, cut_out))

    assert shelf.comparable("tracer", on_black=False).groups == {"lymphocyte": here}
    assert shelf.comparable("tracer", on_black=True).groups == {"all-blast": cut_out}
    assert shelf.comparable("by hand", on_black=False).groups == {}


def test_a_cell_without_a_name_is_compared_with_all_leukocytes_and_an_unknown_class_with_none(reference):
    assert reference.of_class(None) is reference.everyone
    assert reference.of_class("megakaryocyte") is None
    assert dataclasses.replace(reference, groups={}).everyone is None

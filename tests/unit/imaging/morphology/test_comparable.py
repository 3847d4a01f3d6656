import pytest

from leukoscope.imaging.measurements import measurement_names
from leukoscope.imaging.morphology.comparable import FEWEST_PX, MOST_NUCLEUS, comparable_values

ALL = dict.fromkeys(measurement_names(), 0.5) | {"diameter_px": 120.0, "nucleus_lobes": 1.0}


def left_out(**changed):
    values = ALL | changed
    return {name for name in values if name not in comparable_values(values)}


def test_of_a_large_cell_with_one_lobe_and_a_wide_rim_all_may_be_compared():
    assert left_out() == set()
    assert comparable_values(ALL) == ALL


def test_of_a_small_cell_chromatin_spots_and_granules_are_left_out_but_not_its_size():
    small = left_out(diameter_px=FEWEST_PX - 1)

    assert {"chromatin_fineness", "nucleoli_count", "vacuoles_share", "granularity_total"} <= small
    assert not {"nucleus_area_um2", "nucleus_to_cell_ratio", "nucleus_lobes"} & small
    assert left_out(diameter_px=FEWEST_PX) == set()


def test_a_thin_rim_of_cytoplasm_is_not_compared_by_its_granules():
    thin = left_out(nucleus_to_cell_ratio=MOST_NUCLEUS + 0.01)

    assert thin == {name for name in ALL if name.startswith("granularity_")}


def test_of_a_nucleus_nearly_black_in_green_neither_chromatin_nor_nucleoli_are_compared():
    dark = left_out(chromatin_density=3.1)

    assert {"chromatin_fineness", "chromatin_density", "nucleoli_count"} <= dark
    assert not {"granularity_total", "vacuoles_count"} & dark


def test_gaps_between_lobes_do_not_pass_for_nucleoli():
    assert left_out(nucleus_lobes=3.0) == {name for name in ALL if name.startswith("nucleoli_")}


@pytest.mark.parametrize("missing", ["nucleus_to_cell_ratio", "diameter_px"])
def test_where_it_is_not_known_how_large_a_cell_or_its_rim_is_nothing_doubtful_is_compared(missing):
    values = {name: value for name, value in ALL.items() if name != missing}

    assert "granularity_total" not in comparable_values(values)

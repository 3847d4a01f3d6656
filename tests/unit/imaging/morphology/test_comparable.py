import numpy as np
import pytest

from fakes.known_cells import disk, masks
from leukoscope.imaging.measurements import measure_cell, measurement_names
from leukoscope.imaging.morphology.blast_likeness import blast_likeness
from leukoscope.imaging.morphology.comparable import EVENEST, FEWEST_PX, FINEST, MOST_NUCLEUS, comparable_values
from leukoscope.imaging.morphology.reference import EVERYONE
from leukoscope.imaging.morphology.reference_file import shipped_reference
from leukoscope.imaging.morphology.sentence import describe

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


def test_chromatin_too_even_to_tell_its_grain_from_noise_is_not_compared_by_its_fineness():
    assert left_out(chromatin_heterogeneity=EVENEST - 0.01) == {"chromatin_fineness"}
    assert left_out(chromatin_fineness=FINEST + 0.01) == {"chromatin_fineness"}


@pytest.mark.parametrize("green", [25, 60, 110])
@pytest.mark.parametrize("noise", [1, 4, 8])
def test_the_noise_of_a_camera_on_an_even_nucleus_is_no_fine_chromatin(green, noise):
    side = 150
    cell, nucleus = disk(side, 60), disk(side, 45)
    pixels = np.full((side, side, 3), 240, np.uint8)
    pixels[cell], pixels[nucleus] = (210, 180, 200), (90, green, 130)
    grainy = pixels + np.random.default_rng(0).normal(0, noise, pixels.shape)
    values = measure_cell(np.clip(grainy, 0, 255).astype(np.uint8), masks(cell, nucleus), None)
    trusted = comparable_values(values)
    (everyone,) = (
        one for one in shipped_reference().cells if one.outlined_by == "tracer" and one.group.name == EVERYONE
    )

    assert values["chromatin_fineness"] > 0.5
    assert "chromatin" not in describe(trusted, everyone)
    assert not blast_likeness(trusted).chromatin


def test_gaps_between_lobes_do_not_pass_for_nucleoli():
    assert left_out(nucleus_lobes=3.0) == {name for name in ALL if name.startswith("nucleoli_")}


@pytest.mark.parametrize("missing", ["nucleus_to_cell_ratio", "diameter_px"])
def test_where_it_is_not_known_how_large_a_cell_or_its_rim_is_nothing_doubtful_is_compared(missing):
    values = {name: value for name, value in ALL.items() if name != missing}

    assert "granularity_total" not in comparable_values(values)

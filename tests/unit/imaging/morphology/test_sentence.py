import pytest

from leukoscope.imaging.morphology.sentence import describe

PLAIN = {
    "diameter_px": 120.0,
    "nucleus_area_um2": 50.0,
    "nucleus_lobes": 1.0,
    "nucleus_to_cell_ratio": 0.5,
    "chromatin_fineness": 0.5,
    "granularity_total": 0.5,
    "nucleoli_count": 0.0,
    "vacuoles_count": 0.0,
}


@pytest.fixture
def everyone(reference):
    return reference.everyone


def test_what_is_unremarkable_is_left_out(everyone):
    assert describe(PLAIN, everyone) == "Medium-sized nucleus, N:C 0.50."


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("nucleus_area_um2", 80.0, "Large nucleus"),
        ("nucleus_area_um2", 97.0, "Very large nucleus"),
        ("nucleus_area_um2", 20.0, "Small nucleus"),
        ("nucleus_area_um2", 3.0, "Very small nucleus"),
        ("nucleus_lobes", 3.0, "nucleus of 3 lobes"),
        ("chromatin_fineness", 0.8, "fine chromatin"),
        ("chromatin_fineness", 0.2, "coarse chromatin"),
        ("granularity_total", 0.2, "smooth cytoplasm"),
        ("nucleoli_count", 1.0, "1 possible nucleolus"),
        ("nucleoli_count", 2.0, "2 possible nucleoli"),
        ("vacuoles_count", 4.0, "4 possible vacuoles"),
    ],
)
def test_what_stands_out_among_the_reference_cells_is_said(everyone, name, value, words):
    assert words in describe(PLAIN | {name: value}, everyone)


def test_without_a_pixel_size_nothing_is_called_large(everyone):
    values = {name: value for name, value in PLAIN.items() if name != "nucleus_area_um2"}

    assert describe(values, everyone) == "N:C 0.50."


def test_much_grain_in_the_cytoplasm_is_not_called_granules(everyone):
    assert describe(PLAIN | {"granularity_total": 0.95}, everyone) == "Medium-sized nucleus, N:C 0.50."


def test_without_reference_cells_only_counts_and_ratios_are_told():
    assert describe(PLAIN | {"nucleoli_count": 1.0}, None) == "N:C 0.50, 1 possible nucleolus."


def test_of_nothing_measured_nothing_is_said(everyone):
    assert describe({}, everyone) == ""

import pytest

from leukoscope.imaging.morphology import describing
from leukoscope.imaging.morphology.describing import describe_cell

VALUES = {
    "diameter_px": 120.0,
    "nucleus_area_um2": 93.0,
    "nucleus_to_cell_ratio": 0.56,
    "chromatin_fineness": 0.8,
    "chromatin_heterogeneity": 0.25,
    "granularity_total": 0.2,
}
GROUPS = {"lymphocyte": "leukocyte", "other": "leukocyte"}


def test_a_named_cell_stands_among_the_reference_cells_of_its_class(reference, named):
    meaning = describe_cell(VALUES, named("lymphocyte"), GROUPS, reference, cut=False)

    assert meaning.sentence == "Large nucleus, N:C 0.56, fine chromatin, smooth cytoplasm."
    assert {one.measurement: round(one.percent) for one in meaning.standings} == {
        "nucleus_area_um2": 93,
        "nucleus_to_cell_ratio": 56,
        "chromatin_fineness": 80,
        "granularity_total": 20,
    }
    assert {one.group.name for one in meaning.standings} == {"lymphocyte"}
    assert meaning.note == ""


@pytest.mark.parametrize("doubt", [{"uncertain": True}, {"novel": True}])
def test_a_cell_without_a_sure_name_stands_among_all_leukocytes(reference, named, doubt):
    meaning = describe_cell(VALUES, named("lymphocyte", **doubt), GROUPS, reference, cut=False)

    assert {one.group.name for one in meaning.standings} == {"leukocytes"}


@pytest.mark.parametrize(
    ("values", "cut", "note"),
    [
        (VALUES, True, describing.CUT),
        ({}, False, describing.NOT_MEASURED),
        ({"diameter_px": 120.0, "nucleus_to_cell_ratio": 0.0}, False, describing.NO_NUCLEUS),
        (VALUES | {"nucleus_to_cell_ratio": 0.09}, False, describing.TOO_LITTLE),
    ],
)
def test_of_a_doubtful_outline_nothing_is_said_but_why(reference, named, values, cut, note):
    meaning = describe_cell(values, named("lymphocyte"), GROUPS, reference, cut=cut)

    assert (meaning.sentence, meaning.standings, meaning.blast_likeness, meaning.conflict) == ("", (), None, "")
    assert meaning.note == note


def test_of_a_cell_small_in_the_picture_only_size_and_ratio_are_compared(reference, named):
    meaning = describe_cell(VALUES | {"diameter_px": 40.0}, named("lymphocyte"), GROUPS, reference, cut=False)

    assert [one.measurement for one in meaning.standings] == ["nucleus_area_um2", "nucleus_to_cell_ratio"]

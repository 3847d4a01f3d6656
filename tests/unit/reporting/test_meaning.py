import dataclasses

from leukoscope.domain.morphology import BlastLikeness, Morphology, ReferenceGroup, Standing
from leukoscope.reporting.meaning import MeaningView, MeasureRow

GROUP = ReferenceGroup("lymphocyte", "lymphocytes", 578, "pbc-crops")
MEANING = Morphology(
    sentence="Large nucleus, N:C 0.86.",
    standings=(Standing("nucleus_area_um2", 93.4, GROUP), Standing("nucleus_to_cell_ratio", 99.9, GROUP)),
    blast_likeness=BlastLikeness(0.731, (("high N:C", 1.0),), scaled=True, chromatin=True),
    conflict="Measures more like a blast than 99 % of 578 reference lymphocytes.",
)
FEATURES = {"nucleus_area_px": 6210.0, "nucleus_area_um2": 62.1, "nucleus_to_cell_ratio": 0.86, "solidity": 0.9}


def told(make_finding, said=("lymphocyte", 0.99), groups=None, **kinds):
    _, finding = make_finding([said], **kinds)
    return MeaningView.of(dataclasses.replace(finding.cells[0], features=FEATURES, morphology=MEANING), groups or {})


def test_the_main_measurements_are_told_in_micrometers_with_their_place_among_the_reference(make_finding):
    view = told(make_finding)

    assert view.rows == (
        MeasureRow("nucleus area", "62.1 µm²", "93 %", 93),
        MeasureRow("N:C (nucleus over cell)", "0.86", ">99 %", 100),
    )
    assert view.among == "578 reference lymphocytes, pbc-crops"


def test_where_fewer_reference_cells_have_a_measurement_their_number_is_told_too(make_finding):
    fewer = Standing("chromatin_fineness", 50.0, dataclasses.replace(GROUP, cells=71))
    meaning = dataclasses.replace(MEANING, standings=(*MEANING.standings, fewer))
    _, finding = make_finding([("lymphocyte", 0.99)])
    view = MeaningView.of(dataclasses.replace(finding.cells[0], features=FEATURES, morphology=meaning), {})

    assert view.among == "71 to 578 reference lymphocytes, pbc-crops"


def test_the_networks_score_stands_beside_the_likeness_only_where_it_knows_blasts(make_finding, blast_card):
    groups = {label.name: label.group for label in blast_card.labels}

    assert told(make_finding).network == ""
    assert told(make_finding, ("blast", 0.94), groups, card=blast_card).network == "0.94"
    assert told(make_finding, ("lymphocyte", 0.96), groups, card=blast_card).network == "0.01"


def test_what_contradicts_a_name_and_what_likeness_is_made_of_are_told(make_finding):
    view = told(make_finding)

    assert view.conflict == MEANING.conflict
    assert (view.likeness, view.criteria) == ("0.73", (("high N:C", "1.00"),))


def test_a_cell_without_meaning_shows_its_measurements_and_no_percentages(make_finding):
    _, finding = make_finding([("lymphocyte", 0.99)])
    view = MeaningView.of(finding.cells[0], {})

    assert [row.title for row in view.rows] == ["roundness of the cell"]
    assert (view.among, view.likeness, view.sentence) == ("", "", "")

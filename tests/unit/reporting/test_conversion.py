import dataclasses

from leukoscope.domain.morphology import BlastLikeness, Morphology, ReferenceGroup, Standing
from leukoscope.reporting.conversion import image_document

GROUP = ReferenceGroup("neutrophil", "neutrophils", 195, "pbc-crops")
MEANING = Morphology(
    sentence="Large nucleus, N:C 0.50.",
    standings=(Standing("nucleus_area_um2", 93.456, GROUP),),
    blast_likeness=BlastLikeness(0.31, (("high N:C", 0.25),), scaled=True, chromatin=True),
    conflict="Measures more like a blast than 99 % of 195 reference neutrophils.",
)


def test_each_cell_tells_its_place_in_the_order_of_review_and_why(make_finding, cell_card):
    said = [("neutrophil", 0.99), ("neutrophil", 0.98), ("neutrophil", 0.6), ("neutrophil", 0.95, True)]
    _, finding = make_finding(said)
    first, second, *others = finding.cells
    cells = (first, dataclasses.replace(second, morphology=MEANING), *others)
    document = image_document("a.png", dataclasses.replace(finding, cells=cells), cell_card.domain_labels)

    assert [(cell.review.place, cell.review.reason) for cell in document.cells] == [
        (4, ""),
        (2, "its measurements contradict its name"),
        (3, "its score is too low to rely on"),
        (1, "unlike the cells the model was trained on"),
    ]
    assert document.summary.contradicted == 1


def test_what_the_measurements_mean_is_told_with_whom_a_cell_is_compared(make_finding, cell_card):
    _, finding = make_finding([("neutrophil", 0.99)])
    cells = (dataclasses.replace(finding.cells[0], morphology=MEANING),)
    (cell,) = image_document("a.png", dataclasses.replace(finding, cells=cells), cell_card.domain_labels).cells

    assert cell.morphology.model_dump() == {
        "sentence": "Large nucleus, N:C 0.50.",
        "note": "",
        "blast_likeness": 0.31,
        "blast_criteria": {"high N:C": 0.25},
        "percentiles": [{"measurement": "nucleus_area_um2", "percent": 93.5, "among": "neutrophil", "cells": 195}],
        "conflict": "Measures more like a blast than 99 % of 195 reference neutrophils.",
    }


def test_a_cell_of_which_nothing_can_be_said_has_no_likeness_rather_than_none(make_finding, cell_card):
    _, finding = make_finding([("neutrophil", 0.99)])
    (cell,) = image_document("a.png", finding, cell_card.domain_labels).cells

    assert cell.morphology.blast_likeness is None
    assert cell.morphology.percentiles == []

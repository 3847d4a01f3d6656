import pytest

from leukoscope.domain.labels import Label
from leukoscope.reporting import cell_charts
from leukoscope.reporting.cell_charts import FEWEST, ChartCollector
from leukoscope.reporting.documents import CellDocument, ImageDocument, MorphologyDocument
from leukoscope.reporting.palette import styles_of

STYLES = styles_of([Label(name, name.title(), "", "leukocyte") for name in ("neutrophil", "lymphocyte")])


def cell(number=1, *, label="neutrophil", uncertain=False, note="", **features):
    values = {"nucleus_area_px": 5000.0 + number, "nucleus_area_um2": 50.0 + number, "nucleus_to_cell_ratio": 0.5}
    return CellDocument(
        id=number,
        box=(0, 0, 9, 9),
        outline=[],
        label=label,
        score=None if label is None else 0.9,
        probabilities={},
        uncertain=uncertain,
        features=values | features,
        morphology=MorphologyDocument(
            sentence="", note=note, blast_likeness=None, blast_criteria={}, percentiles=[], conflict=""
        ),
    )


def picture(cells):
    nothing = dict.fromkeys(ImageDocument.model_fields) | {"path": "a.png", "kind": "field", "cells": cells}
    return ImageDocument.model_construct(**nothing)


def charts_of(cells):
    collector = ChartCollector(STYLES)
    collector.add(picture(cells))
    return collector.charts()


def test_a_few_measured_cells_give_two_histograms_and_a_scatter_plot():
    found = charts_of([cell(number) for number in range(FEWEST)])

    assert [chart.x.label for chart in found.charts] == [
        "nucleus area (µm²)",
        "N:C (nucleus area over cell area)",
        "nucleus area (µm²)",
    ]
    assert all("n = 5" in chart.title for chart in found.charts)


def test_fewer_cells_give_none():
    assert charts_of([cell(number) for number in range(FEWEST - 1)]) is None


def test_cells_with_a_doubtful_outline_are_counted_but_not_drawn():
    found = charts_of([cell(number) for number in range(FEWEST)] + [cell(9, note="The edge cuts it.")])

    assert "5 of 6 cells" in found.note
    assert "n = 5" in found.charts[0].title


def test_without_a_pixel_size_areas_are_in_pixels_and_the_note_warns():
    cells = [cell(number) for number in range(FEWEST)]
    bare = [one.model_copy(update={"features": {**one.features}}) for one in cells]
    for one in bare:
        del one.features["nucleus_area_um2"]
    found = charts_of(bare)

    assert found.charts[0].x.label == "nucleus area (px²)"
    assert "pixel size is not known" in found.note


def test_uncertain_cells_and_cells_no_model_named_are_marked_as_such():
    cells = [cell(number) for number in range(3)] + [cell(4, uncertain=True), cell(5, label=None)]
    titles = [marks.title for marks in charts_of(cells).charts[2].marks]

    assert titles == ["Neutrophil (3)", "Uncertain (1)", "Not named (1)"]


@pytest.mark.parametrize(("most", "drawn"), [(5, 5), (10, 10)])
def test_of_many_cells_every_other_is_marked_and_that_is_said(monkeypatch, most, drawn):
    monkeypatch.setattr(cell_charts, "MOST_MARKS", most)
    found = charts_of([cell(number) for number in range(10)])

    assert found.charts[2].marks[0].title == f"Neutrophil ({drawn})"
    assert ("one cell in 2" in found.note) == (most == 5)

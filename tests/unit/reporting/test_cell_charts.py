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


def marks_in(chart, title):
    (path,) = (one.path for one in chart.marks if one.title == title)
    return path.count("M")


def test_of_many_cells_only_large_classes_are_thinned_and_all_cells_are_told(monkeypatch):
    monkeypatch.setattr(cell_charts, "MOST_MARKS", 100)
    monkeypatch.setattr(cell_charts, "_FEW_MARKS", 20)
    found = charts_of([*(cell(number) for number in range(180)), *(cell(7, label="lymphocyte") for _ in range(10))])
    scatter = found.charts[2]

    assert [one.title for one in scatter.marks] == ["Neutrophil (180)", "Lymphocyte (10)"]
    assert "n = 190" in scatter.title
    assert "190 cells" in scatter.told
    assert (marks_in(scatter, "Neutrophil (180)"), marks_in(scatter, "Lymphocyte (10)")) == (90, 10)
    assert "one cell in 2 of the large classes" in found.note


def test_of_few_cells_each_is_marked():
    found = charts_of([cell(number) for number in range(100)])

    assert marks_in(found.charts[2], "Neutrophil (100)") == 100
    assert "Marks are drawn" not in found.note


def test_the_ratio_is_shown_of_cells_of_unknown_pixel_size_too():
    bare = [cell(number) for number in range(3)]
    for one in bare:
        del one.features["nucleus_area_um2"]
    found = charts_of([*(cell(number) for number in range(FEWEST)), *bare])

    assert ["n = 5" in found.charts[0].title, "n = 8" in found.charts[1].title, "n = 5" in found.charts[2].title] == [
        True
    ] * 3
    assert "shown of 8 cells" in found.note

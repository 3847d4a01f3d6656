from __future__ import annotations

import json

import pytest

from leukoscope.reporting.documents import ResultDocument

IMAGE_KEYS = [
    "path", "sha256", "width", "height", "kind", "pixel_size_um", "pixel_size_source", "quality", "counts", "cells",
    "classification", "warnings", "error",
]  # fmt: skip
CELL_KEYS = ["id", "box", "outline", "label", "score", "probabilities", "uncertain", "features"]


@pytest.fixture
def written(make_writer, make_finding, out, cell_card, stage_card):
    writer = make_writer(cell_card, stage_card)
    cells = [("neutrophil", 0.99), ("lymphocyte", 0.6), ("erythroblast", 0.95, True)]
    writer.add("a/one.png", *make_finding(cells, stage=("pro", 0.97)))
    writer.add_failure("a/two.png", "two.png is empty. Copy it again.")
    writer.finish(complete=True)
    return (out / "result.json").read_text(encoding="utf-8")


def test_the_keys_and_their_order_are_those_of_the_contract(written):
    result = json.loads(written)

    assert list(result) == ["schema", "version", "models", "images", "summary"]
    assert result["schema"] == "leukoscope.result/1"
    assert list(result["models"][0]) == ["name", "version", "sha256"]
    one = result["images"][0]
    assert list(one)[: len(IMAGE_KEYS)] == IMAGE_KEYS
    assert list(one["counts"])[:3] == ["wbc", "rbc", "platelet"]
    assert list(one["cells"][0])[: len(CELL_KEYS)] == CELL_KEYS
    assert list(one["classification"])[:5] == ["model", "label", "score", "probabilities", "uncertain"]
    assert list(result["summary"])[:5] == ["cells", "differential", "blasts", "flags", "uncertain"]
    assert list(result["summary"]["differential"]["neutrophil"]) == ["count", "percent", "ci95"]


def test_what_is_written_is_read_back_the_same(written):
    result = ResultDocument.model_validate_json(written)

    assert ResultDocument.model_validate_json(result.to_json()) == result
    assert json.loads(result.to_json()) == json.loads(written)


def test_a_failed_input_has_its_sentence_and_nothing_else(written):
    failed = json.loads(written)["images"][1]

    assert failed.pop("path") == "a/two.png"
    assert failed.pop("error") == "two.png is empty. Copy it again."
    assert failed.pop("cells") == failed.pop("warnings") == []
    assert not any(failed.values())


def test_boxes_and_outlines_are_rounded_to_a_tenth_of_a_pixel(written):
    cell = json.loads(written)["images"][0]["cells"][0]

    assert cell["box"] == [12.0, 22.0, 48.0, 58.0]
    assert all(value == round(value, 1) for point in cell["outline"] for value in point)


def test_blasts_are_null_with_the_reason_never_zero(written):
    summary = json.loads(written)["summary"]

    assert summary["blasts"] is None
    assert "not among the classes this model can name" in summary["blasts_note"]


def test_a_reader_of_today_reads_a_result_with_more_keys(written):
    later = json.loads(written)
    later["images"][0]["cells"][0]["new"] = later["images"][0]["new"] = later["new"] = 1

    assert ResultDocument.model_validate(later) == ResultDocument.model_validate_json(written)


def test_a_measurement_that_is_no_number_is_null(make_writer, make_finding, out):
    import dataclasses

    image, finding = make_finding([("neutrophil", 0.99)])
    odd = dataclasses.replace(finding.cells[0], features={"ratio": float("nan"), "other": float("inf")})
    writer = make_writer()
    writer.add("x.png", image, dataclasses.replace(finding, cells=(odd,)))
    writer.finish(complete=True)

    cell = json.loads((out / "result.json").read_text())["images"][0]["cells"][0]
    assert cell["features"] == {"ratio": None, "other": None}


def test_cells_no_model_named_have_no_label_and_no_percentages(make_writer, make_finding, out, stage_card):
    writer = make_writer(stage_card)
    writer.add("x.png", *make_finding([None, None], stage=("benign", 0.99)))
    writer.finish(complete=True)

    result = json.loads((out / "result.json").read_text())
    assert [(cell["label"], cell["score"], cell["probabilities"]) for cell in result["images"][0]["cells"]] == [
        (None, None, {}),
        (None, None, {}),
    ]
    assert result["summary"]["cells"] == 2
    assert result["summary"]["differential"] == {}
    assert result["summary"]["blasts"] is None
    assert "No model that names cells was asked" in result["summary"]["blasts_note"]

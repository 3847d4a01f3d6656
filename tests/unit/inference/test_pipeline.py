import dataclasses

import numpy as np
import pytest

from leukoscope.domain.images import PixelSize, SmearImage
from leukoscope.imaging.outlining import outliner
from leukoscope.imaging.outlining.label_image import label_image
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.finding import ClassicalFinder
from leukoscope.inference.naming import name_cells
from leukoscope.inference.pipeline import Pipeline
from leukoscope.inference.stage import StageJudge
from leukoscope.synthetic import draw_cell, draw_field


@pytest.fixture(scope="module")
def field():
    return draw_field(np.random.default_rng(4), width=960, height=720, cells={"neutrophil": 3, "lymphocyte": 2})


def pipeline(tiny_bundle, *, automatic=True):
    cell, image = tiny_bundle(), tiny_bundle(level="image", group="field")
    stage = StageJudge(image.card, image.ref, lambda: Classifier(image), automatic=automatic)
    return Pipeline(Classifier(cell), stage)


def test_a_field_gives_numbered_named_measured_cells_and_a_stage(tiny_bundle, field):
    finding = pipeline(tiny_bundle).analyze(SmearImage(field.pixels, "0" * 64))

    assert finding.kind == "field"
    assert finding.counts.wbc == len(finding.cells) == len(field.cells)
    assert finding.counts.rbc is None
    assert [cell.id for cell in finding.cells] == [1, 2, 3, 4, 5]
    for drawn in field.cells:
        assert max(cell.box.iou(drawn.box) for cell in finding.cells) > 0.5
    assert all(cell.prediction.label in {"red", "green", "blue"} for cell in finding.cells)
    assert finding.classification.model == "tiny-image"


def test_the_pixel_size_of_a_field_is_estimated_from_its_red_cells_unless_it_is_known(tiny_bundle, field):
    estimated = pipeline(tiny_bundle).analyze(SmearImage(field.pixels, "0" * 64)).pixel_size
    known = pipeline(tiny_bundle).analyze(SmearImage(field.pixels, "0" * 64, PixelSize(0.3, "metadata"))).pixel_size

    assert estimated.source == "estimated"
    assert estimated.um == pytest.approx(field.pixel_size_um, rel=0.1)
    assert known == PixelSize(0.3, "metadata")


def test_one_cell_gives_one_name_no_count_and_no_stage(tiny_bundle):
    drawn = draw_cell(np.random.default_rng(1), "lymphocyte")
    finding = pipeline(tiny_bundle).analyze(SmearImage(drawn.pixels, "0" * 64))

    assert finding.kind == "cell"
    assert len(finding.cells) == 1
    assert finding.counts is None
    assert finding.classification is None
    assert finding.classification_note


def test_without_a_cell_model_cells_are_found_but_not_named(tiny_bundle, field):
    whole = pipeline(tiny_bundle, automatic=False)
    finding = Pipeline(None, whole.stage).analyze(SmearImage(field.pixels, "0" * 64))

    assert finding.cells
    assert all(cell.prediction is None for cell in finding.cells)
    assert [card.name for card in Pipeline(None, whole.stage).cards] == ["tiny-image"]


def test_cards_and_references_name_the_cell_model_first(tiny_bundle):
    both = pipeline(tiny_bundle)

    assert [card.name for card in both.cards] == [ref.name for ref in both.refs] == ["tiny-cell", "tiny-image"]


def test_cells_surely_named_erythroblast_are_no_white_cells(tiny_bundle, field):
    bundle = tiny_bundle()
    labels = tuple(label.model_copy(update={"group": "erythroblast"}) for label in bundle.card.labels)
    card = bundle.card.model_copy(update={"labels": labels})
    sure = card.model_copy(update={"decision": card.decision.model_copy(update={"uncertain_below": 0.0})})
    unsure = card.model_copy(update={"decision": card.decision.model_copy(update={"uncertain_below": 1.0})})
    image = SmearImage(field.pixels, "0" * 64)

    def counted(one):
        return Pipeline(Classifier(dataclasses.replace(bundle, card=one)), None).analyze(image).counts.wbc

    assert counted(sure) == 0
    assert counted(unsure) == len(field.cells)


@pytest.mark.parametrize("way", ["tracer", "kmeans", "watershed"])
@pytest.mark.parametrize("shown", ["field", "cell"])
def test_the_outline_told_is_the_one_that_was_measured(field, way, shown):
    pixels = field.pixels if shown == "field" else draw_cell(np.random.default_rng(1), "neutrophil").pixels
    finding = Pipeline(None, None, outliner=outliner(way), outlined_by=way).analyze(SmearImage(pixels, "0" * 64))

    assert finding.kind == shown
    for cell in finding.cells:
        painted = label_image({1: [cell.outline]}, finding.width, finding.height) > 0
        nucleus = label_image({1: cell.nucleus_outlines}, finding.width, finding.height) > 0
        rows, columns = np.nonzero(painted)
        assert painted.sum() == pytest.approx(cell.features["cell_area_px"], rel=0.02)
        assert nucleus.sum() == pytest.approx(cell.features["nucleus_area_px"], rel=0.02)
        assert not (nucleus & ~painted).any()
        told = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert cell.box.as_list() == pytest.approx(told, abs=1)


def test_the_model_sees_the_border_that_was_found_whatever_way_outlines(tiny_bundle, field):
    model = Classifier(tiny_bundle(crop_margin=1.0, background="black"))
    image = SmearImage(field.pixels, "0" * 64)
    drawn = [
        Pipeline(model, None, outliner=outliner(way), outlined_by=way).analyze(image) for way in ("kmeans", "watershed")
    ]
    found = ClassicalFinder().find(image).cells
    alone = name_cells(model, field.pixels, found)

    assert [cell.outline for cell in drawn[0].cells] != [cell.outline for cell in drawn[1].cells]
    for finding in drawn:
        assert [cell.prediction.probabilities for cell in finding.cells] == [one.probabilities for one in alone]
        assert [cell.prediction.window for cell in finding.cells] == [one.window for one in alone]

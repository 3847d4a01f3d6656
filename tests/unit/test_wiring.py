import hashlib

import numpy as np
import pytest

from leukoscope.bundles import registry
from leukoscope.bundles.archive import write_bundle
from leukoscope.bundles.card import Card
from leukoscope.bundles.golden_boxes import GoldenBoxes
from leukoscope.errors import BundleMismatchError, NotFoundError
from leukoscope.imaging.morphology.reference_file import shipped_reference
from leukoscope.inference.detector_finder import DetectorFinder
from leukoscope.inference.finding import ClassicalFinder
from leukoscope.wiring import make_analyzer, make_finder, make_outliner

DETECTOR = """
schema = "leukoscope.card/1"
name = "cell-detector"
version = "0.1.0"
title = "Cells"
task = "detection"
level = "image"
intended_use = "Tests."
limits = []
weights_licence = "Apache-2.0"
temperature = 1.0
onnx_sha256 = "HASH"
[input]
width = 64
height = 64
[[labels]]
name = "LABEL"
title = "Leukocyte"
meaning = "White cell."
group = "leukocyte"
[decision]
uncertain_below = 0.5
chosen_for = "tests"
[detection]
way = "tiles"
pixel_size_um = 0.5
overlap_px = 16
nms_iou = 0.5
decoding = "A grid."
"""


def write_detector(folder, model, label="wbc"):
    text = DETECTOR.replace("HASH", hashlib.sha256(model).hexdigest()).replace("LABEL", label)
    images = np.zeros((1, 64, 64, 3), np.uint8)
    boxes, scores, labels = np.zeros((1, 2, 4), np.float32), np.zeros((1, 2), np.float32), np.zeros((1, 2), np.int64)
    write_bundle(folder, Card.from_toml(text), model, GoldenBoxes(images, boxes, scores, labels))


@pytest.fixture
def folder(tiny_bundle, tmp_path, monkeypatch):
    for level in ("cell", "image"):
        bundle = tiny_bundle(level=level, group="field" if level == "image" else "leukocyte")
        write_bundle(tmp_path / level, bundle.card, bundle.model, bundle.golden())
    monkeypatch.setattr(registry, "shipped_folder", lambda: tmp_path / "none")
    return tmp_path


def test_a_cell_model_names_cells_and_stages_nothing(folder):
    analyzer = make_analyzer("tiny-cell", folders=[folder], threads=1)

    assert analyzer.cell_model is not None
    assert analyzer.stage is None


def test_an_image_model_given_by_its_path_stages_and_names_nothing(folder):
    analyzer = make_analyzer(str(folder / "image"), threads=1)

    assert analyzer.cell_model is None
    assert analyzer.stage.card.name == "tiny-image"


def test_automatic_needs_the_shipped_models(folder):
    with pytest.raises(NotFoundError, match="wbc-differential"):
        make_analyzer(folders=[folder])


def test_automatic_finds_cells_by_the_detector_where_there_is_one_and_else_classically(folder, tiny_bundle):
    assert isinstance(make_finder(folders=[folder]), ClassicalFinder)
    write_detector(folder / "detector", tiny_bundle().model)
    assert isinstance(make_finder(folders=[folder]), DetectorFinder)
    assert isinstance(make_finder("classical", folders=[folder]), ClassicalFinder)
    analyzer = make_analyzer("tiny-cell", folders=[folder], threads=1)
    assert [card.name for card in analyzer.cards] == ["tiny-cell", "cell-detector"]
    assert [ref.name for ref in analyzer.refs] == ["tiny-cell", "cell-detector"]


def test_a_detector_can_be_insisted_on_by_word_or_by_path(folder, tiny_bundle):
    with pytest.raises(NotFoundError, match="cell-detector"):
        make_finder("detector", folders=[folder])
    write_detector(folder / "detector", tiny_bundle().model)
    assert isinstance(make_finder("detector", folders=[folder]), DetectorFinder)
    assert isinstance(make_finder(str(folder / "detector")), DetectorFinder)


def test_what_finds_no_leukocytes_is_no_finder(folder, tiny_bundle):
    with pytest.raises(BundleMismatchError, match="tiny-cell finds no leukocytes"):
        make_finder("tiny-cell", folders=[folder])
    write_detector(folder / "detector", tiny_bundle().model, label="dirt")
    with pytest.raises(BundleMismatchError, match="cell-detector finds no leukocytes"):
        make_finder("detector", folders=[folder])


@pytest.mark.parametrize("way", ["kmeans", "tracer"])
def test_a_classical_way_of_outlining_is_chosen_by_name(way):
    drawn_by, name = make_outliner(way)

    assert name == way
    assert list(drawn_by.outline(np.full((9, 9, 3), 230, np.uint8), [])) == []


def test_a_way_of_outlining_that_is_not_there_and_a_model_of_another_task_are_refused():
    with pytest.raises(NotFoundError, match="none"):
        make_outliner("none")
    with pytest.raises(BundleMismatchError, match="not for segmentation"):
        make_outliner("wbc-differential")


def test_automatic_outlines_as_the_reference_cells_were_so_that_cells_can_be_compared():
    name = make_outliner()[1]

    assert any(one.outlined_by == name for one in shipped_reference().cells)

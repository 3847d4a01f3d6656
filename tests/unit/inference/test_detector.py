from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from fakes.dark_squares import CELL, SIDE, dark_square_detector, dark_square_graph
from leukoscope.bundles.archive import Bundle, read_bundle, write_bundle, zip_bundle
from leukoscope.bundles.golden_boxes import GoldenBoxes
from leukoscope.bundles.installing import install_bundle
from leukoscope.errors import BundleMismatchError, InvalidBundleError, InvalidValueError
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.detector import Detector
from leukoscope.inference.verification import verify_bundle

MakeDetector = Callable[..., Bundle]


@pytest.fixture
def make_detector() -> MakeDetector:
    return dark_square_detector


def picture(width: int, height: int, corners: list[tuple[int, int]]) -> np.ndarray:
    pixels = np.full((height, width, 3), 250, np.uint8)
    for x, y in corners:
        pixels[y : y + CELL, x : x + CELL] = 10
    return pixels


def test_objects_of_a_picture_smaller_than_a_tile_are_found_where_they_are(make_detector: MakeDetector) -> None:
    found = Detector(make_detector()).find(picture(40, 30, [(8, 16), (24, 8)]), 0.5)
    assert sorted(found.boxes.tolist()) == [[8, 16, 16, 24], [24, 8, 32, 16]]
    assert (found.scores > 0.9).all()


def test_a_picture_of_several_tiles_tells_each_object_once(make_detector: MakeDetector) -> None:
    corners = [(0, 0), (8, 8), (48, 40), (56, 56), (96, 16), (104, 104)]
    found = Detector(make_detector()).find(picture(112, 112, corners), 0.5)
    assert sorted(found.boxes.tolist()) == sorted([x, y, x + CELL, y + CELL] for x, y in corners)


def test_a_finer_picture_is_brought_to_the_pixel_size_of_the_detector(make_detector: MakeDetector) -> None:
    fine = picture(40, 30, [(8, 16)]).repeat(2, axis=0).repeat(2, axis=1)
    assert Detector(make_detector()).find(fine, 0.25).boxes.tolist() == [[16, 32, 32, 48]]


def test_unsure_objects_are_told_only_when_asked_for(make_detector: MakeDetector) -> None:
    detector, pixels = Detector(make_detector()), picture(40, 30, [])
    pixels[8:16, 8:16] = 150
    assert len(detector.find(pixels, 0.5)) == 0
    assert detector.find(pixels, 0.5, score_floor=0.3).boxes.tolist() == [[8, 8, 16, 16]]
    with pytest.raises(InvalidValueError, match="score lies in"):
        detector.find(pixels, 0.5, score_floor=2)


def test_a_detector_is_written_read_installed_zipped_and_verified_like_any_bundle(
    make_detector: MakeDetector, tmp_path: Path
) -> None:
    bundle = make_detector()
    write_bundle(tmp_path / "one", bundle.card, bundle.model, bundle.golden_boxes())
    read = read_bundle(tmp_path / "one")
    assert read.card == bundle.card
    installed = install_bundle(read, tmp_path / "models")
    zip_bundle(read, tmp_path / "one.zip")
    for path in (installed, tmp_path / "one.zip"):
        assert verify_bundle(read_bundle(path)).agrees


@pytest.mark.parametrize("name", ["boxes", "scores", "labels"])
def test_a_graph_that_answers_otherwise_than_its_trainer_is_seen(make_detector: MakeDetector, name: str) -> None:
    bundle = make_detector()
    golden = bundle.golden_boxes()
    other = {"boxes": golden.boxes + 1, "scores": golden.scores + 0.01, "labels": golden.labels + 1}
    changed = replace(golden, **{name: other[name]})
    outcome = verify_bundle(Bundle(bundle.card, bundle.model, changed.to_bytes()))
    assert not outcome.agrees
    assert outcome.largest_difference[name] > 0


def test_bundles_of_the_other_task_are_refused_both_ways(
    make_detector: MakeDetector, tiny_bundle: Callable[[], Bundle]
) -> None:
    with pytest.raises(BundleMismatchError, match="is for classification, not for detection"):
        Detector(tiny_bundle())
    with pytest.raises(BundleMismatchError, match="is for detection, not for classification"):
        Classifier(make_detector())


def test_a_class_the_card_does_not_have_is_refused(make_detector: MakeDetector) -> None:
    with pytest.raises(BundleMismatchError, match="no classes of the card"):
        Detector(make_detector(dark_square_graph(labels=2))).raw(np.zeros((1, SIDE, SIDE, 3), np.uint8))


@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.STRING, TensorProto.BOOL])
def test_labels_that_are_no_whole_numbers_are_refused(make_detector: MakeDetector, kind: int) -> None:
    model = onnx.load_model_from_string(dark_square_graph())
    model.graph.node[-1].output[0] = "counted"
    model.graph.node.append(helper.make_node("Cast", ["counted"], ["labels"], to=kind))
    model.graph.output[2].type.tensor_type.elem_type = kind
    with pytest.raises(BundleMismatchError, match="labels"):
        Detector(make_detector(model.SerializeToString())).raw(np.zeros((1, SIDE, SIDE, 3), np.uint8))


@pytest.mark.parametrize("place", [0, 1])
def test_boxes_and_scores_that_are_no_floats_are_refused(make_detector: MakeDetector, place: int) -> None:
    model = onnx.load_model_from_string(dark_square_graph())
    name = ("boxes", "scores")[place]
    for node in model.graph.node:
        node.output[:] = ["float-" + one if one == name else one for one in node.output]
        node.input[:] = ["float-" + one if one == name else one for one in node.input]
    model.graph.node.append(helper.make_node("Cast", ["float-" + name], [name], to=TensorProto.INT64))
    model.graph.output[place].type.tensor_type.elem_type = TensorProto.INT64
    with pytest.raises(BundleMismatchError, match=f"int64 .* {name}"):
        Detector(make_detector(model.SerializeToString())).raw(np.zeros((1, SIDE, SIDE, 3), np.uint8))


def test_tiles_of_another_size_are_refused(make_detector: MakeDetector) -> None:
    with pytest.raises(InvalidValueError, match="takes other tiles than"):
        Detector(make_detector()).raw(np.zeros((1, 32, 64, 3), np.uint8))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[detection]\nway", "[other]\nway", "other"),
        ('task = "detection"', 'task = "classification"', "part detection"),
        ("pixel_size_um = 0.5\n", "", "tiles need pixel_size_um"),
        ("nms_iou = 0.5", "nms_iou = 1.5", "nms_iou"),
        ("overlap_px = 16", "overlap_px = 64", "at most half of a tile"),
        ("pixel_size_um = 0.5", "pixel_size_um = 0.0001", "pixel_size_um"),
        ("pixel_size_um = 0.5", "pixel_size_um = 50", "pixel_size_um"),
        ("overlap_px = 16", "overlap_px = 16\nmultiple_px = 48", "multiple of multiple_px"),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(
    make_detector: MakeDetector, old: str, new: str, complaint: str
) -> None:
    with pytest.raises(InvalidBundleError, match=complaint):
        make_detector(change=lambda text: text.replace(old, new))


def test_no_overlap_is_so_wide_that_tiles_of_any_size_cannot_advance(make_detector: MakeDetector) -> None:
    wide = {"= 64": "= 2048", "overlap_px = 16": "overlap_px = 640\nmultiple_px = 64"}

    def change(text: str) -> str:
        for old, new in wide.items():
            text = text.replace(old, new)
        return text

    with pytest.raises(InvalidBundleError, match="at most half of a tile, 320, got 640"):
        make_detector(change=change)


def test_golden_boxes_that_do_not_match_are_refused() -> None:
    images = np.zeros((2, 8, 8, 3), np.uint8)
    boxes, scores, labels = np.zeros((2, 5, 4), np.float32), np.zeros((2, 5), np.float32), np.zeros((2, 5), np.int64)
    assert GoldenBoxes.from_bytes(GoldenBoxes(images, boxes, scores, labels).to_bytes()).boxes.shape == (2, 5, 4)
    with pytest.raises(InvalidBundleError, match="matching samples"):
        GoldenBoxes(images, boxes[:, :4], scores, labels)
    with pytest.raises(InvalidBundleError, match="matching samples"):
        GoldenBoxes(images[:1], boxes, scores, labels)
    with pytest.raises(InvalidBundleError, match="cannot be read"):
        GoldenBoxes.from_bytes(b"nothing")

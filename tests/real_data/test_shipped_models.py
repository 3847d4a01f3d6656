"""The shipped models on the pictures they were held against, and on pictures they must keep silent about."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from leukoscope.bundles.registry import find_bundle
from leukoscope.data.boxed_pictures import load_boxed, with_boxes
from leukoscope.data.manifest_files import read_manifest
from leukoscope.domain.images import SmearImage
from leukoscope.experiments.detection_evaluation import SURE_FLOOR
from leukoscope.experiments.detection_scores import score_detections
from leukoscope.experiments.evaluation_run import evaluate_bundle, find_labeled
from leukoscope.imaging.boxes import iou_matrix
from leukoscope.imaging.reading import find_images, read_image
from leukoscope.inference.detector import Detector
from leukoscope.wiring import make_analyzer, make_finder

SPLITS = Path(__file__).parents[2] / "recipes" / "splits"
pytestmark = pytest.mark.real_data


@pytest.mark.parametrize(
    ("model", "data"),
    [
        ("wbc-differential", "pbc-crops"),
        ("all-stage", "taleqani-all"),
        ("all-vs-normal", "cnmc-2019"),
        ("classical-cnmc", "cnmc-2019"),
    ],
)
def test_a_card_tells_what_the_held_out_pictures_give(real_data, model, data):
    bundle = find_bundle(model)
    scores = evaluate_bundle(bundle, find_labeled(SPLITS / f"{data}.csv", real_data / data, "test")).evaluation

    assert scores.n == bundle.card.metrics.n == len(read_manifest(SPLITS / f"{data}.csv").part("test"))
    # Another processor may round a borderline picture to the other side; more than two are a change of the model.
    assert scores.value("accuracy") == pytest.approx(bundle.card.metrics.accuracy, abs=2 / scores.n)


def test_the_card_of_the_detector_tells_what_the_held_out_fields_give(real_data):
    bundle = find_bundle("cell-detector")
    manifest = with_boxes(read_manifest(SPLITS / "bccd.csv", real_data / "bccd"))
    classes = {"wbc": ("WBC",), "rbc": ("RBC",), "platelet": ("Platelets",)}
    fields = load_boxed(manifest, "test", classes, pixel_size_um=0.071)
    detector = Detector(bundle)
    found = [detector.find(one.pixels, one.pixel_size_um, score_floor=SURE_FLOOR) for one in fields]
    thresholds = detector.thresholds.tolist()
    scores = score_detections(
        found, fields, list(classes), thresholds=thresholds, rng=np.random.default_rng(0), rounds=1
    )

    told = bundle.card.detection.metrics
    assert scores.pictures == told.pictures
    assert scores.map50.value == pytest.approx(told.map50, abs=0.005)
    for one in scores.per_class:
        assert one.support == told.per_class[one.name].support
        assert one.recall == pytest.approx(told.per_class[one.name].recall, abs=1 / one.support)


def test_both_finders_together_miss_no_leukocyte_of_the_validation_fields(real_data):
    manifest = with_boxes(read_manifest(SPLITS / "bccd.csv", real_data / "bccd"))
    fields = load_boxed(manifest, "validation", {"wbc": ("WBC",)})[::4]
    finder = make_finder()
    found = [finder.find(SmearImage(one.pixels, "0" * 64)) for one in fields]

    assert all(one.finder.startswith("cell-detector") for one in found)
    assert all(one.others is not None and one.others.rbc >= 5 for one in found)
    for one, field in zip(found, fields, strict=True):
        boxes = np.array([cell.box.as_list() for cell in one.cells]).reshape(-1, 4)
        assert (iou_matrix(field.marked.boxes, boxes).max(axis=1, initial=0) >= 0.5).all()


@pytest.mark.parametrize("name", ["bccd/images", "pbc-frames/images", "txl-pbc/images"])
def test_automatic_gives_no_stage_to_smears_of_other_laboratories(real_data, name):
    analyzer = make_analyzer()
    paths = [path for _, path in find_images([real_data / name])][::15]
    staged = [path for path in paths if analyzer.analyze(read_image(path)).classification is not None]

    assert len(paths) >= 20
    assert len(staged) <= 0.05 * len(paths)


def test_automatic_stages_fields_of_its_own_set(real_data):
    analyzer = make_analyzer()
    held_out = read_manifest(SPLITS / "taleqani-all.csv").part("test")[::10]
    findings = [analyzer.analyze(read_image(real_data / "taleqani-all" / one.name)) for one in held_out]
    staged = [(one.label, finding.classification) for one, finding in zip(held_out, findings, strict=True)]

    assert sum(said is not None for _, said in staged) >= 0.9 * len(held_out)
    assert sum(said is not None and said.label == label for label, said in staged) >= 0.9 * len(held_out)


@pytest.mark.parametrize(
    "name", ["bccd/images", "taleqani-all/Pro", "pbc-frames/images", "cnmc-2019/hem", "cnmc-2019-sample",
             "aml-lmu-sample", "jtsc-wbc/images"]
)  # fmt: skip
def test_every_readable_picture_of_a_set_gets_a_finding_and_blasts_stay_unsaid(real_data, tmp_path, name):
    from leukoscope.cli.main import app

    paths = [str(path) for _, path in find_images([real_data / name])]
    chosen = paths[:: max(1, len(paths) // 20)]
    done = CliRunner().invoke(app, ["analyze", *chosen, "--out", str(tmp_path), "--json"])

    result = json.loads(done.stdout)
    assert done.exit_code == 0
    assert len(result["images"]) == len(chosen)
    assert [image["error"] for image in result["images"]] == [None] * len(chosen)
    assert result["summary"]["blasts"] is None
    assert result["summary"]["cells"] >= 0.9 * len(chosen)

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from leukoscope.bundles.archive import read_bundle
from leukoscope.experiments.other_laboratory import measure_colors, measure_elsewhere, measure_heat_maps
from leukoscope.experiments.training_run import TrainingOutcome
from leukoscope.inference.classifier import Classifier


@pytest.fixture
def classifier(outcome: TrainingOutcome) -> Classifier:
    return Classifier(read_bundle(outcome.folder))


def test_cells_are_cut_from_their_fields_by_the_set_s_own_boxes(classifier: Classifier, tmp_path: Path) -> None:
    for folder in ("bccd/images", "bccd/annotations_voc"):
        (tmp_path / folder).mkdir(parents=True)
    rows = [",Image,Category"]
    for number, label in enumerate(("DARK", "BRIGHT", "DARK")):
        field = np.full((90, 120, 3), 160, np.uint8)
        cv2.circle(field, (70, 40), 12, (60, 30, 90) if label == "DARK" else (250, 240, 200), -1)
        cv2.imwrite(str(tmp_path / "bccd" / "images" / f"BloodImage_{number:05d}.jpg"), field)
        box = "<bndbox><xmin>56</xmin><ymin>26</ymin><xmax>84</xmax><ymax>54</ymax></bndbox>"
        annotation = f"<annotation><object><name>WBC</name>{box}</object></annotation>"
        (tmp_path / "bccd" / "annotations_voc" / f"BloodImage_{number:05d}.xml").write_text(
            annotation, encoding="utf-8"
        )
        rows.append(f",{number},{label}")
    (tmp_path / "bccd" / "wbc_class_labels.csv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "bccd" / "ImageSets" / "Main").mkdir(parents=True)
    names = "\n".join(f"BloodImage_{number:05d}" for number in range(3))
    (tmp_path / "bccd" / "ImageSets" / "Main" / "test.txt").write_text(names, encoding="utf-8")
    figures = measure_elsewhere(tmp_path, "test", classifier)
    assert figures["n"] == figures["within_limit"]["n"] == 3
    assert figures["per_class"]["dark"]["support"] == 2


def test_maps_are_measured_on_the_validation_part(classifier: Classifier, tiny_set: Path) -> None:
    focus = measure_heat_maps(classifier, tiny_set / "tiny.csv", tiny_set / "tiny")
    assert set(focus) == {"inside", "by_chance", "hits"}
    assert 0 < focus["by_chance"] < 1


def test_colors_are_told_set_by_set(tiny_set: Path) -> None:
    colors = measure_colors(tiny_set, ["foreign", "tiny"])
    assert colors["foreign"]["whole"]["saturation"] > colors["tiny"]["whole"]["saturation"]
    assert colors["tiny"]["nuclei"]["value"] < colors["tiny"]["whole"]["value"]

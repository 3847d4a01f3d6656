"""`leukoscope data export`, as a user types it."""

import json

import pytest
from PIL import Image

from leukoscope.data.manifest import Annotation, Manifest, Row
from leukoscope.data.manifest_files import write_manifest
from leukoscope.domain.regions import Box


@pytest.fixture
def manifest(tmp_path):
    rows = []
    for part, name in (("train", "ä 1.png"), ("test", "b.png")):
        (tmp_path / "in").mkdir(exist_ok=True)
        Image.new("RGB", (40, 30)).save(tmp_path / "in" / name)
        rows.append(Row(name, label="all", boxes=(Annotation(Box(1, 2, 11, 12), "WBC"),), split=part))
    write_manifest(Manifest.from_rows(rows, tmp_path / "in"), tmp_path / "m.parquet")
    return tmp_path / "m.parquet"


@pytest.mark.parametrize(
    ("form", "file"),
    [
        ("yolo", "labels/train/ä 1.txt"),
        ("coco", "annotations/instances_test.json"),
        ("voc", "Annotations/b.xml"),
        ("folders", "train/all/ä 1.png"),
    ],
)
def test_a_set_is_written_in_every_format(leukoscope, manifest, tmp_path, form, file):
    done = leukoscope("data", "export", manifest, "--format", form, "--out", tmp_path / "out", "--json")
    assert done.exit_code == 0
    said = json.loads(done.stdout)
    assert (said["pictures"], said["format"]) == (2, form)
    assert (tmp_path / "out" / file).is_file()


def test_what_is_lost_is_said_and_a_missing_picture_listed(leukoscope, manifest, tmp_path):
    (tmp_path / "in/b.png").unlink()
    done = leukoscope("data", "export", manifest, "--format", "yolo", "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "Not held by the format: picture labels" in done.stdout
    assert "b.png" in done.stderr


def test_an_unknown_format_is_wrong_usage(leukoscope, manifest, tmp_path):
    assert leukoscope("data", "export", manifest, "--format", "pdf", "--out", tmp_path / "out").exit_code == 2


def test_masks_become_outlined_objects_where_their_levels_are_named(leukoscope, manifest, tmp_path):
    mask = Image.new("L", (40, 30))
    mask.paste(255, (5, 5, 25, 20))
    mask.save(tmp_path / "in" / "m.png")
    rows = [Row("b.png", mask="m.png", split="train")]
    write_manifest(Manifest.from_rows(rows, tmp_path / "in"), tmp_path / "masked.parquet")
    asked = ("data", "export", "masked.parquet", "--format", "coco", "--mask-class", "nucleus=200-255")
    done = leukoscope(*asked, "--out", "out")
    assert done.exit_code == 0
    assert "classes: nucleus" in done.stdout
    said = json.loads((tmp_path / "out" / "annotations" / "instances_train.json").read_text())
    assert [one["bbox"] for one in said["annotations"]] == [[5, 5, 20, 15]]
    wrong = leukoscope(*asked, "--mask-class", "cell", "--out", "other")
    assert wrong.exit_code != 0
    assert not (tmp_path / "other").exists()

"""A set goes out for other programs and comes back, as a user types it; what is told of a format is believed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from leukoscope.cli.main import app
from leukoscope.data.manifest import Annotation, Manifest, Row
from leukoscope.data.manifest_files import read_manifest, write_manifest
from leukoscope.domain.regions import Box
from leukoscope.errors import LeukoscopeError


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["data", *map(str, words)])


def draw(path: Path, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.random.default_rng(seed).integers(0, 255, (60, 80, 3)).astype(np.uint8))


@pytest.fixture
def field_set(tmp_path: Path) -> Path:
    rows = []
    for number in range(3):
        draw(tmp_path / "pictures" / f"{number}.png", number)
        boxes = (Annotation(Box(4, 6, 24, 30), "wbc"), Annotation(Box(30, 10, 70, 50), "rbc"))
        part = ("train", "validation", "test")[number]
        rows.append(Row(f"pictures/{number}.png", boxes=boxes[number:], split=part, width=80, height=60))  # type: ignore[arg-type]
    write_manifest(Manifest.from_rows(rows, tmp_path), tmp_path / "set.csv")
    return tmp_path / "set.csv"


def boxes_of(manifest: Path) -> dict[str, tuple[Annotation, ...] | None]:
    return {row.path.rsplit("/", 1)[-1]: row.boxes for row in read_manifest(manifest).rows()}


@pytest.mark.parametrize("name", ["coco", "voc", "yolo"])
def test_boxes_and_parts_come_back_as_they_went(field_set: Path, name: str) -> None:
    folder, back = field_set.parent / name, field_set.parent / f"{name}.parquet"
    assert run("export", field_set, "--format", name, "--out", folder).exit_code == 0
    assert run("import", name, folder, "--out", back).exit_code == 0
    assert boxes_of(back) == boxes_of(field_set)
    parts = {row.path.rsplit("/", 1)[-1]: row.split for row in read_manifest(back).rows()}
    assert parts == {"0.png": "train", "1.png": "validation", "2.png": "test"}


def test_told_columns_beat_guesses(tmp_path: Path) -> None:
    draw(tmp_path / "a.png")
    (tmp_path / "t.csv").write_text("file,class,finding,who\na.png,wrong,blast,P7\n", encoding="utf-8")
    told = ("--column", "label=finding", "--column", "patient=who")
    assert run("import", "table", tmp_path / "t.csv", "--out", tmp_path / "m.csv", *told).exit_code == 0
    (row,) = read_manifest(tmp_path / "m.csv").rows()
    assert (row.label, row.patient) == ("blast", "P7")
    assert run("import", "table", tmp_path / "t.csv", "--out", tmp_path / "m.csv", "--column", "label").exit_code == 2


def test_told_yolo_names_are_used(tmp_path: Path) -> None:
    draw(tmp_path / "set" / "images" / "a.png")
    (tmp_path / "set" / "labels").mkdir()
    (tmp_path / "set" / "labels" / "a.txt").write_text("1 0.5 0.5 0.25 0.5\n", encoding="utf-8")
    done = run("import", "yolo", tmp_path / "set", "--out", tmp_path / "m.csv", "--names", "rbc, wbc")
    assert done.exit_code == 0, done.output
    (boxes,) = boxes_of(tmp_path / "m.csv").values()
    assert boxes is not None
    assert boxes[0].label == "wbc"


def test_one_based_voc_boxes_begin_a_pixel_earlier(field_set: Path) -> None:
    folder, back = field_set.parent / "voc", field_set.parent / "m.csv"
    run("export", field_set, "--format", "voc", "--out", folder)
    assert run("import", "voc", folder, "--out", back, "--one-based").exit_code == 0
    first = boxes_of(back)["0.png"]
    assert first is not None
    assert first[0].box.as_list() == [3, 5, 24, 30]


def test_what_another_format_needs_is_refused(field_set: Path) -> None:
    done = run("import", "table", field_set, "--out", field_set.parent / "m.csv", "--names", "a,b")
    assert isinstance(done.exception, LeukoscopeError)
    assert "belongs to yolo" in str(done.exception)

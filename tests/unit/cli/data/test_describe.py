"""`leukoscope data describe` as its user reads it."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from leukoscope.cli.main import app
from leukoscope.data.manifest import Annotation, Manifest, Row
from leukoscope.data.manifest_files import write_manifest
from leukoscope.domain.regions import Box


def test_of_fields_the_marked_objects_are_told(tmp_path: Path) -> None:
    boxes = (Annotation(Box(0, 0, 9, 9), "WBC"), Annotation(Box(0, 0, 4, 4), "RBC"), Annotation(Box(5, 5, 9, 9), "RBC"))
    rows = [Row("0.png", boxes=boxes), Row("1.png", boxes=boxes[:2]), Row("2.png", boxes=())]
    write_manifest(Manifest.from_rows(rows, tmp_path), tmp_path / "set.csv")
    command = ["data", "describe", str(tmp_path / "set.csv"), "--pictures", "0", "--out", str(tmp_path / "page")]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 0, told.output
    assert "marked objects: RBC 3, WBC 2" in told.output

"""The command as a user types it: what it prints, writes, and ends with."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from leukoscope.cli.main import app
from leukoscope.data.manifest_files import read_manifest


def write_set(folder: Path) -> Path:
    """Class folders in parts, one picture on both sides."""
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        for label in ("dark", "light"):
            (folder / part / label).mkdir(parents=True)
            for number in range(3):
                noise = rng.integers(0, 255, (48, 48, 3)).astype(np.uint8)
                cv2.imwrite(str(folder / part / label / f"{number}.png"), noise)
    (folder / "test" / "dark" / "copy.png").write_bytes((folder / "train" / "dark" / "0.png").read_bytes())
    return folder


def test_a_copy_on_the_other_side_is_printed_written_and_mended(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set")
    out, fixed = tmp_path / "out", tmp_path / "fixed.csv"
    result = CliRunner().invoke(app, ["data", "check", str(folder), "--out", str(out), "--fix", str(fixed)])
    assert result.exit_code == 1
    assert "SEVERE [copies-across-parts] 1 pair of pictures shows the same thing" in result.output
    assert "data check ... --fix FILE" in result.output
    assert json.loads((out / "check.json").read_text(encoding="utf-8"))["schema"] == "leukoscope.check/1"
    page = (out / "check.html").read_text(encoding="utf-8")
    assert "copies-across-parts" in page
    assert "train, dark" in page
    assert all(row.sha256 and row.phash and row.width == 48 for row in read_manifest(fixed).rows())
    paths = [row.path for row in read_manifest(fixed).rows()]
    assert "set/test/dark/copy.png" in paths
    assert "set/train/dark/0.png" not in paths
    again = CliRunner().invoke(app, ["data", "check", str(fixed), "--json"])
    assert again.exit_code == 0
    assert [one for one in json.loads(again.stdout)["findings"] if one["severity"] == "severe"] == []


def test_without_pixels_nothing_is_opened(tmp_path: Path) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text(f"path,sha256,split\na.png,{'1' * 64},train\nb.png,{'1' * 64},test\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["data", "check", str(manifest), "--without-pixels"])
    assert result.exit_code == 1
    assert "No picture was opened" in result.output


@pytest.mark.parametrize(
    ("option", "name"), [("--out", "m.csv"), ("--fix", "m.txt"), ("--fix", "m.csv"), ("--fix", "folder.csv")]
)
def test_a_place_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path, option: str, name: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    manifest = tmp_path / "m.csv"
    manifest.write_text("this is no manifest\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["data", "check", str(manifest), option, str(tmp_path / name)])
    assert result.exit_code == 2
    assert manifest.read_text(encoding="utf-8") == "this is no manifest\n"


def test_what_is_nothing_known_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["data", "check", str(tmp_path / "absent.parquet")])
    assert result.exit_code != 0

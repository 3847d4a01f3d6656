from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from typer.testing import CliRunner

from leukoscope.cli.main import app
from leukoscope.data.manifest import Manifest, Row
from leukoscope.data.manifest_files import write_manifest

RUN = CliRunner().invoke


def _manifest(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    for number in range(4):
        cv2.imwrite(str(folder / f"ü {number}.png"), rng.integers(0, 256, (20, 20, 3)).astype(np.uint8))
    parts = ("train", "train", "validation", "test")
    rows = [Row(f"ü {number}.png", label="a b", split=part) for number, part in enumerate(parts)]  # type: ignore[arg-type]
    write_manifest(Manifest.from_rows(rows, folder, "set"), folder / "set.csv")
    return folder / "set.csv"


def test_all_presets_are_listed_with_what_is_assumed() -> None:
    text = RUN(app, ["data", "augment", "--list"]).stdout
    assert "Affine.shear_degrees = 8   (assumed)" in text
    assert "Blur.sigma_px = (0, 2)\n" in text
    told = json.loads(RUN(app, ["data", "augment", "--list", "--json", "--preset", "roboflow"]).stdout)
    assert [one["name"] for one in told] == ["roboflow"]
    assert {"name": "versions", "value": 3, "assumed": False} in told[0]["parameters"]


def test_a_set_is_augmented_from_the_command_line(tmp_path: Path) -> None:
    manifest, out = _manifest(tmp_path), tmp_path / "out"
    command = ["data", "augment", str(manifest), "--preset", "stain", "--out", str(out), "--workers", "1"]
    told = json.loads(RUN(app, [*command, "--json", "--sheet"]).stdout)
    assert told["written"] == 2
    assert told["parts"] == {"train": 4, "validation": 1, "test": 1}
    assert (out / "sheet.png").is_file()
    assert "2 were there" in RUN(app, command).stdout


def test_an_unreadable_picture_makes_the_exit_code_one(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path)
    (tmp_path / "ü 0.png").write_bytes(b"")
    done = RUN(
        app, ["data", "augment", str(manifest), "--preset", "stain", "--out", str(tmp_path / "o"), "--workers", "1"]
    )
    assert done.exit_code == 1
    assert "ü 0.png" in done.stderr


def test_a_command_that_says_too_little_is_wrong_usage(tmp_path: Path) -> None:
    assert RUN(app, ["data", "augment", "--preset", "stain"]).exit_code == 2
    assert RUN(app, ["data", "augment", "--out", str(tmp_path)]).exit_code == 2

"""`leukoscope train` as typed: a run, the same again from its own folder, evaluated, and in 8 bits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from leukoscope.data.manifest import PARTS, Manifest, Row
from leukoscope.data.manifest_files import write_manifest

RECIPE = """
name = "disks"
level = "cell"
[data]
name = "disks"
split = "disks.csv"
[input]
width = 32
height = 32
[[labels]]
name = "dark"
title = "Dark"
meaning = "A dark disk."
group = "leukocyte"
[[labels]]
name = "bright"
title = "Bright"
meaning = "A bright disk."
group = "leukocyte"
[network]
name = "lightweight-cnn"
color_normalization = "reinhard"
[training]
epochs = 2
batch_size = 8
monitor = "macro-f1"
[robustness]
measure = false
[card]
title = "Disks"
version = "0.0.1"
intended_use = "Research only."
limits = ["Drawn disks only."]
weights_licence = "Apache-2.0"
how_held_out = "Every third pair."
data_sources = []
"""


@pytest.fixture
def disks(tmp_path: Path) -> Path:
    """A folder with a divided set of drawn disks and a recipe for it."""
    rng = np.random.default_rng(1)
    rows = []
    for number in range(48):
        picture = rng.integers(140, 170, (40, 40, 3)).astype(np.uint8)
        label = ("dark", "bright")[number % 2]
        center = tuple(int(one) for one in rng.integers(14, 26, 2))
        cv2.circle(picture, center, 9, (60, 30, 90) if label == "dark" else (250, 230, 210), -1)
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture)
        rows.append(Row(f"{number}.png", label=label, group=str(number // 2), split=PARTS[number // 2 % 3]))
    write_manifest(Manifest.from_rows(rows, tmp_path), tmp_path / "disks.csv")
    (tmp_path / "disks.toml").write_text(RECIPE, encoding="utf-8")
    return tmp_path


def leukoscope(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "leukoscope.cli", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def test_a_run_can_be_repeated_evaluated_and_made_smaller_by_what_it_leaves_behind(disks: Path) -> None:
    without = leukoscope(disks, "train", "disks.toml")
    assert without.returncode == 2
    assert "Give their folder with --data." in without.stderr

    done = leukoscope(disks, "train", "disks.toml", "--data", ".", "--set", "quantize.int8=true")
    assert done.returncode == 0, done.stderr
    assert "In 8 bits: " in done.stdout
    again = leukoscope(disks, "train", "runs/disks/recipe.toml")
    assert again.returncode == 0, again.stderr
    told = [json.loads((disks / "runs" / name / "run.json").read_text())["result"] for name in ("disks", "disks-again")]
    assert told[0]["weights_sha256"] == told[1]["weights_sha256"]
    assert told[0]["onnx_sha256"] == told[1]["onnx_sha256"]
    assert told[0]["weights_sha256"] in done.stdout

    predictions = "runs/disks/predictions_validation.csv"
    judged = leukoscope(disks, "evaluate", "--predictions", predictions, "--out", "judged")
    assert judged.returncode == 0, judged.stderr

    smaller = leukoscope(
        disks, "model", "quantize", "runs/disks", "--data", "disks.csv", "--out", "small", "--most-lost", "1"
    )
    assert smaller.returncode == 0, smaller.stderr
    assert "validation pictures" in smaller.stdout
    verified = leukoscope(disks, "model", "verify", "small")
    assert verified.returncode == 0, verified.stdout
    assert "allowed 5e-02" in verified.stdout
    twice = leukoscope(disks, "model", "quantize", "small", "--data", "disks.csv")
    assert twice.returncode == 2
    assert "no classifier in 32 bits" in twice.stderr

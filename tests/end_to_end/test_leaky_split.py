"""`leukoscope data split --leaky`: copies first, then a division at random, and a manifest that says so."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

from leukoscope.data.manifest import Manifest, Row
from leukoscope.data.manifest_files import read_manifest, write_manifest


def test_the_wrong_way_ends_marks_the_manifest_and_divides_copies(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows = []
    for number in range(10):
        picture = rng.integers(120, 200, (48, 48, 3)).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture)
        rows.append(Row(f"{number}.png", label="xy"[number % 2], width=48, height=48))
    write_manifest(Manifest.from_rows(rows, tmp_path), tmp_path / "set.csv")
    command = [sys.executable, "-m", "leukoscope.cli", "data", "split", "set.csv", "--out", "wrong.csv", "--leaky"]
    done = subprocess.run(
        [*command, "--versions", "4"], cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "LEAKY" in done.stderr
    made = read_manifest(tmp_path / "wrong.csv")
    assert made.leaky
    parts: defaultdict[str, set[str]] = defaultdict(set)
    for row in made.rows():
        assert made.locate(row.path).is_file()
        parts[row.copy_of or row.path].add(str(row.split))
    assert len(made) > 10
    assert len(parts) == 10
    assert any(len(where) > 1 for where in parts.values())

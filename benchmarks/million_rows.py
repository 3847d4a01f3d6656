"""How long and how much memory does a check of a million rows take, without pixels?

    python benchmarks/million_rows.py [ROWS]

Draws a table with copies, patients, parts, folds, boxes and faults, writes it as Parquet, and checks it in a process of
its own as `leukoscope data check --without-pixels` would. The budget is 60 s and 2 GB for 1,000,000 rows.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from leukoscope.data.manifest import Manifest
from leukoscope.data.manifest_files import write_manifest

BUDGET_S, BUDGET_BYTES = 60, 2 * 10**9
PLANTED_COPIES, PLANTED_PATIENTS, PLANTED_OUTSIDE = 0.001, 20, 0.0005


def draw(rows: int, folder: Path) -> Path:
    rng = np.random.default_rng(0)
    patients = rng.integers(0, rows // 100, rows)
    parts = np.array(["train", "train", "train", "validation", "test"])[patients % 5]
    crossing = np.isin(patients, np.arange(PLANTED_PATIENTS)) & (rng.random(rows) < 0.5)
    parts[crossing] = "train"
    hashes = hexadecimal(rng, rows, 32)
    copies = rng.choice(rows, round(PLANTED_COPIES * rows), replace=False)
    hashes[copies] = hashes[rng.choice(rows, len(copies))]
    table = pd.DataFrame(
        {
            "path": [f"class-{n % 8}/picture-{n:08d}.jpg" for n in range(rows)],
            "sha256": hashes,
            "phash": hexadecimal(rng, rows, 8),
            "width": 640,
            "height": 480,
            "label": [f"class-{n % 8}" for n in range(rows)],
            "boxes": boxes(rng, rows),
            "patient": [f"p{n}" for n in patients],
            "source": "drawn",
            "split": parts,
            "fold": patients % 5,
        }
    )
    path = folder / "drawn.parquet"
    write_manifest(Manifest.from_table(table, folder, "drawn"), path)
    return path


def hexadecimal(rng: np.random.Generator, rows: int, size: int) -> np.ndarray:
    text = rng.bytes(rows * size).hex()
    return np.array([text[start : start + 2 * size] for start in range(0, len(text), 2 * size)], dtype=object)


def boxes(rng: np.random.Generator, rows: int) -> list[str]:
    left = rng.integers(0, 540, (rows, 3))
    width = rng.integers(20, 100, (rows, 3))
    left[rng.random(rows) < PLANTED_OUTSIDE, 0] = 620
    kinds = ("RBC", "WBC", "Platelets")
    return [
        json.dumps([[int(x), 10 + 100 * place, int(x + w), 90 + 100 * place, kinds[place]] for place, (x, w) in one])
        for one in (list(enumerate(zip(*pair, strict=True))) for pair in zip(left, width, strict=True))
    ]


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = draw(rows, Path(folder))
        started = time.monotonic()
        command = [sys.executable, "-m", "leukoscope.cli", "data", "check", str(path), "--without-pixels", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(done.stderr, end="")
    report = json.loads(done.stdout)
    for finding in report["findings"]:
        print(f"{finding['severity']:8} {finding['code']:28} {finding['count']:>8}  {finding['title']}")
    print(f"{rows} rows: {seconds:.1f} s (budget {BUDGET_S}), {peak / 1e9:.2f} GB (budget {BUDGET_BYTES / 1e9:.0f})")
    found = {finding["code"]: finding["count"] for finding in report["findings"]}
    assert found["patients-across-parts"] == PLANTED_PATIENTS * 2 // 5  # of the others the part is train anyway
    assert found["boxes-outside"] > 0
    assert sum(found.get(code, 0) for code in COPY_CODES) > 0.99 * PLANTED_COPIES * rows
    sys.exit(seconds > BUDGET_S or peak > BUDGET_BYTES)


COPY_CODES = (
    "same-picture-other-label",
    "copies-across-parts",
    "copies-across-folds",
    "copies-across-patients",
    "copies",
)

if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

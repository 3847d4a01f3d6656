from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from leukoscope.data.manifest import PARTS, Manifest, Row
from leukoscope.data.manifest_files import sha256_of, short_text
from leukoscope.experiments.training_run import TrainingOutcome, train_bundle

TINY_RECIPE = """
name = "tiny-test"
level = "cell"
seed = 3
[data]
name = "tiny"
split = "tiny.csv"
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
meaning = "A bright ring."
group = "leukocyte"
[network]
channels = [8, 8, 8, 8]
output_stride = 16
embedding_stages = [1, 4]
[training]
epochs = 2
batch_size = 8
stored_side = 36
[augmentation]
brightness = 0.02
paint_corner = 0.5
[robustness]
paint_from = [0.8, 0.8]
[novelty]
measure_on = ["foreign", "absent"]
[card]
title = "Tiny"
version = "0.0.1"
intended_use = "Tests."
limits = ["Drawn disks only."]
weights_licence = "Apache-2.0"
how_held_out = "Every third group."
[[card.data_sources]]
name = "tiny"
citation = "drawn by this test"
licence = "Apache-2.0"
"""


@pytest.fixture(scope="session")
def tiny_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `tiny/<class>/<n>.png`, `foreign/`, `tiny.csv` and `tiny.toml`: dark disks and bright rings."""
    root = tmp_path_factory.mktemp("sets")
    rng = np.random.default_rng(5)
    rows = []
    for label in ("dark", "bright"):
        (root / "tiny" / label).mkdir(parents=True)
        for number in range(24):
            picture = rng.integers(150, 170, (40, 40, 3)).astype(np.uint8)
            center = tuple(int(one) for one in rng.integers(16, 24, 2))
            if label == "dark":
                cv2.circle(picture, center, 9, (60, 30, 90), -1)
            else:
                cv2.circle(picture, center, 11, (250, 240, 200), 2)
            path = root / "tiny" / label / f"{number}.png"
            cv2.imwrite(str(path), picture)
            block = number // 2
            group = f"{label}-{block}"
            rows.append(Row(f"{label}/{number}.png", sha256_of(path), label=label, group=group, split=PARTS[block % 3]))
    (root / "foreign").mkdir()
    for number in range(4):
        noise = rng.integers(0, 255, (50, 60, 3)).astype(np.uint8)
        cv2.imwrite(str(root / "foreign" / f"{number}.png"), noise)
    (root / "tiny.csv").write_text(short_text(Manifest.from_rows(rows, root / "tiny")), encoding="utf-8")
    (root / "tiny.toml").write_text(TINY_RECIPE, encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def outcome(tiny_set: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingOutcome:
    """A whole training run on the tiny set."""
    return train_bundle(tiny_set / "tiny.toml", tiny_set / "tiny", tmp_path_factory.mktemp("runs") / "tiny")

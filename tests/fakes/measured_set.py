"""A folder of drawn cells of three types with its split and a recipe of measurements; small enough for unit tests."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from leukoscope.data.manifest import Manifest, Row
from leukoscope.data.manifest_files import sha256_of, short_text
from leukoscope.synthetic import draw_cell

TYPES = ("eosinophil", "lymphocyte", "neutrophil")
_PARTS = ("train", "train", "train", "train", "validation", "validation", "test", "test")
_RECIPE = """
name = "drawn-cells"
task = "measurements"
seed = 3
[data]
name = "drawn"
split = "drawn.csv"
[measured]
outlining = "otsu-density"
pixel_size_um = 0.15
[features]
measurements = ["shape", "nucleus", "color"]
[classifier]
kind = "svm-linear"
[search]
folds = 2
[importance]
rounds = 1
[card]
title = "Drawn cells"
version = "0.0.1"
intended_use = "Tests."
limits = ["Drawn cells only."]
weights_licence = "Apache-2.0"
how_held_out = "Every fourth group."
[[card.data_sources]]
name = "drawn"
citation = "drawn by this test"
licence = "Apache-2.0"
"""


def write_measured_set(root: Path) -> Path:
    """Write `drawn/<type>/<n>.png`, `drawn.csv` and `drawn.toml` into a folder.

    Returns:
        The recipe.
    """
    rng = np.random.default_rng(11)
    rows = []
    for label in TYPES:
        (root / "drawn" / label).mkdir(parents=True)
        for number in range(24):
            name = f"{label}/{number}.png"
            drawn = draw_cell(rng, label, side=128, pixel_size_um=0.15)
            cv2.imwrite(str(root / "drawn" / name), drawn.pixels[..., ::-1])
            block = number // 3
            digest = sha256_of(root / "drawn" / name)
            rows.append(Row(name, digest, label=label, group=f"{label}-{block}", split=_PARTS[block]))
    manifest = Manifest.from_rows(rows, root / "drawn", "drawn")
    (root / "drawn.csv").write_text(short_text(manifest), encoding="utf-8")
    labels = "".join(
        f'[[labels]]\nname = "{one}"\ntitle = "{one.title()}"\nmeaning = "A drawn {one}."\ngroup = "leukocyte"\n'
        for one in TYPES
    )
    (root / "drawn.toml").write_text(_RECIPE.replace("[features]", f"{labels}[features]"), encoding="utf-8")
    return root / "drawn.toml"

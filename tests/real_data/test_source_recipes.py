from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leukoscope.cli.main import app

ROOT = Path(__file__).parents[2]
MOST = {"train": 8, "validation": 4, "test": 4}

pytestmark = pytest.mark.real_data


# One sigmoid on joined classes of whole fields; batch normalization on cells cut out on black.
@pytest.mark.parametrize(("name", "data"), [("lenet-lld", "taleqani-all"), ("lightweight-cnn", "cnmc-2019")])
def test_a_source_recipe_trains_to_a_bundle_that_evaluate_and_analyze_take(
    name: str, data: str, real_data: Path, tmp_path: Path
) -> None:
    images, run = real_data / data, tmp_path / "run"
    if not images.is_dir():
        pytest.skip(f"the image set {data} is not at {real_data}")
    few = ["--data", str(_few(ROOT / "recipes" / "splits" / f"{data}.csv", tmp_path)), "--images", str(images)]
    short = ["--set", "training.epochs=1", "--set", "robustness.measure=false"]
    recipe = str(ROOT / "recipes" / "sources" / f"{name}.toml")
    trained = CliRunner().invoke(app, ["train", recipe, *few, *short, "--out", str(run)])
    assert trained.exit_code == 0, trained.output
    bundle = str(run / "bundle")
    evaluated = CliRunner().invoke(app, ["evaluate", "--model", bundle, *few, "--json"])
    assert evaluated.exit_code == 0, evaluated.output
    own = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert json.loads(evaluated.stdout)["confusion"] == own["confusion"]
    picture = str(next(images.rglob("*.jpg")))
    analyzed = CliRunner().invoke(app, ["analyze", picture, "--model", bundle, "--out", str(tmp_path / "found")])
    assert analyzed.exit_code == 0, analyzed.output
    result = json.loads((tmp_path / "found" / "result.json").read_text(encoding="utf-8"))
    assert result["models"][0]["name"] == name


def _few(split: Path, folder: Path) -> Path:
    """A manifest with a few pictures of each class and part."""
    with split.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    taken: Counter[tuple[str, str]] = Counter()
    kept = []
    for row in sorted(rows, key=lambda row: row["sha256"]):
        taken[row["split"], row["label"]] += 1
        if taken[row["split"], row["label"]] <= MOST.get(row["split"], 0):
            kept.append(row)
    path = folder / "few.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*rows[0]])
        writer.writeheader()
        writer.writerows(kept)
    return path

"""Do all source recipes train to bundles that `evaluate` and `analyze` take, and what comes out?  Ours from seeds, too.

    python benchmarks/source_systems.py --data ../shared/data --runs RUNS [RUN ...]
    python benchmarks/source_systems.py --collect --runs RUNS > benchmarks/source_systems/results.json

The first trains, evaluates and analyzes as a user would, each command in a process of its own, shortened as
benchmarks/source_systems/short.toml says, and writes shown.json beside each run. The second gathers what was found, and
the page is made of it by python -m leukoscope.experiments.source_page. Times are seconds of the processor, not of the
clock: they hold on a machine that does other things besides. A run that is there is left as it is.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import resource
import statistics
import subprocess
import sys
import time
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from leukoscope.bundles.archive import read_bundle
from leukoscope.bundles.card import Card
from leukoscope.imaging.reading import read_image
from leukoscope.inference.classifier import BATCH, Classifier
from leukoscope.modeling.recipe_files import read_recipe

SOURCES = Path("recipes/sources")
SHORT = Path("benchmarks/source_systems/short.toml")
PARTS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Ran:
    """A command: how it ended, processor seconds (own and system), what it answered, and what it said on the way."""

    code: int
    cpu_s: float
    answer: str
    said: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """Which pictures a run uses: the data option's value, and the folder they lie in."""

    data: Path
    manifest: Path
    images: Path

    def options(self) -> list[str]:
        return ["--data", str(self.data), *(["--images", str(self.images)] if self.data.is_file() else [])]


@dataclass(frozen=True, slots=True)
class Planned:
    """A run: its name, its recipe, what is changed, and how many pictures of each class and part at most."""

    name: str
    file: Path
    changes: list[str]
    most: dict[str, int] | None


def planned(short: dict[str, Any]) -> dict[str, Planned]:
    """All runs by name; those of our own recipes are called by recipe and seed."""
    always = short["all"]
    found = [
        Planned(name, SOURCES / f"{name}.toml", [*always, *how["set"]], how.get("most"))
        for name, how in short["recipes"].items()
    ]
    for name, how in short["own"].items():
        file = SOURCES.parent / f"{name}.toml"
        for seed in how["seeds"]:
            changes = [*always, *how["set"], f"seed={seed}"]
            found.append(Planned(f"{name}-seed-{seed}", file, changes, how.get("most")))
    return {one.name: one for one in found}


def show(plan: Planned, data: Path, runs: Path) -> None:
    name, file, changes, run = plan.name, plan.file, plan.changes, runs / plan.name
    pictures = choose(plan, data, runs)
    settings = [part for change in changes for part in ("--set", change)]
    trained = leukoscope("train", str(file), *pictures.options(), "--out", str(run), *settings)
    run.mkdir(parents=True, exist_ok=True)
    (run / "train.txt").write_text(trained.said + trained.answer, encoding="utf-8")
    print(f"{name}: train {trained.code}, {trained.cpu_s:.0f} s", (trained.said + trained.answer)[-400:], flush=True)
    if trained.code:
        return
    bundle = run / "bundle"
    where = ["--data", str(pictures.manifest), "--images", str(pictures.images)]
    judged = leukoscope("evaluate", "--model", str(bundle), *where, "--json")
    one = first_of_test(pictures)
    told = leukoscope("analyze", str(one), "--model", str(bundle), "--out", str(run / "analysis"))
    same = judged.code == 0 and same_figures(run, judged.answer)
    shown = {
        "recipe": file.stem,
        "changes": changes,
        "most": plan.most,
        "train_cpu_s": round(trained.cpu_s, 1),
        "evaluate": {"exit_code": judged.code, "same_figures_as_the_run": same, "cpu_s": round(judged.cpu_s, 1)},
        "analyze": {"exit_code": told.code, "cpu_s": round(told.cpu_s, 1)},
        "parameters": parameters(run),
        "onnx_mb": round((bundle / "model.onnx").stat().st_size / 1e6, 1),
        "cells_per_cpu_s": round(speed(bundle, one), 1),
    }
    (run / "shown.json").write_text(json.dumps(shown, indent=2) + "\n", encoding="utf-8")
    for checkpoint in (run / "checkpoints").glob("last.ckpt"):
        checkpoint.unlink()  # with the optimizer's memory three times the weights; `best` is kept
    print(json.dumps(shown), flush=True)


def choose(plan: Planned, data: Path, runs: Path) -> Pictures:
    """The recipe's own split, or a manifest with fewer of its rows."""
    recipe, most = read_recipe(plan.file), plan.most
    split, folder = plan.file.parent / recipe.data.split, data / recipe.data.name
    if most is None:
        return Pictures(folder, split, folder)
    manifest = runs / f"{plan.name}.csv"
    rows = list(csv.DictReader(split.open(encoding="utf-8")))
    taken: dict[tuple[str, str], int] = defaultdict(int)
    kept = []
    for row in sorted(rows, key=lambda row: row["sha256"]):
        taken[row["split"], row["label"]] += 1
        if row["split"] in PARTS and taken[row["split"], row["label"]] <= most[row["split"]]:
            kept.append(row)
    with manifest.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*rows[0], "split_method"], lineterminator="\n")
        writer.writeheader()
        said = json.dumps(
            {"of": split.name, "most_of_each_class": most, "chosen_by": "smallest SHA-256"}, sort_keys=True
        )
        for row in sorted(kept, key=lambda row: row["name"]):
            writer.writerow({**row, "split_method": said})
    return Pictures(manifest, manifest, folder)


def leukoscope(*words: str) -> Ran:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run(
        [sys.executable, "-m", "leukoscope.cli", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Ran(ran.returncode, cpu_s, ran.stdout, ran.stderr)


def first_of_test(pictures: Pictures) -> Path:
    with pictures.manifest.open(encoding="utf-8") as stream:
        return next(pictures.images / row["name"] for row in csv.DictReader(stream) if row["split"] == "test")


def same_figures(run: Path, answer: str) -> bool:
    own, evaluated = json.loads((run / "metrics.json").read_text("utf-8")), json.loads(answer)
    return all(own[key] == evaluated[key] for key in ("n", "accuracy", "macro_f1", "confusion"))


def parameters(run: Path) -> int:
    import torch

    state = torch.load(run / "checkpoints" / "best.ckpt", map_location="cpu", weights_only=True, mmap=True)
    names = state["state_dict"]
    buffers = ("running_mean", "running_var", "num_batches_tracked", "network.mean", "network.spread")
    return sum(one.numel() for name, one in names.items() if name.startswith("network.") and not name.endswith(buffers))


def speed(bundle: Path, picture: Path) -> float:
    """Cells per second of one core, in batches as `analyze` asks, the graph alone."""
    whole = read_bundle(bundle)
    classifier, side = Classifier(whole, threads=1), whole.card.input.width
    pixels = read_image(picture).pixels
    rows = np.arange(side) * pixels.shape[0] // side
    columns = np.arange(side) * pixels.shape[1] // side
    count = BATCH if side < 200 else BATCH // 4
    batch = np.repeat(pixels[rows][:, columns][None], count, axis=0)
    classifier.predict(batch[:1])
    rates = []
    for _ in range(3):
        start = time.process_time()
        classifier.predict(batch)
        rates.append(count / (time.process_time() - start))
    return statistics.median(rates)


def collect(runs: Path, plans: list[Planned]) -> dict[str, Any]:
    """What the page needs of each run that is there."""
    return {one.name: about(one.file, runs / one.name) for one in plans if (runs / one.name / "shown.json").is_file()}


def about(file: Path, run: Path) -> dict[str, Any]:
    shown = json.loads((run / "shown.json").read_text("utf-8"))
    recipe = json.loads((run / "recipe.json").read_text("utf-8"))
    card = read_bundle(run / "bundle").card
    whole = read_recipe(file)
    with (run / "curves" / "metrics.csv").open(encoding="utf-8") as stream:
        epochs = list(csv.DictReader(stream))
    watch = run / "curves" / "watch.txt"
    training = card.training
    assert training is not None
    return {
        **shown,
        "title": card.title,
        "network": recipe["network"]["name"],
        "data": recipe["data"]["name"],
        "side": recipe["input"]["width"],
        "published_side": whole.input.width,
        "published_epochs": whole.training.epochs,
        "by_color": by_color(card),
        "seed": recipe["seed"],
        "epochs": len(epochs),
        "pictures": {"train": training.images_train, "validation": training.images_validation},
        "validation_balanced_accuracy": [round(float(row["validation_balanced_accuracy"]), 4) for row in epochs],
        "waiting_share": round(statistics.median(float(row["waiting_share"]) for row in epochs), 3),
        "said_while_training": watch.read_text("utf-8").splitlines() if watch.is_file() else [],
        "git_revision": training.git_revision,
        "framework": training.framework,
        "metrics": json.loads((run / "metrics.json").read_text("utf-8")),
    }


def by_color(card: Card) -> float:
    """Held-out accuracy of color statistics alone, as the card tells it."""
    told = (re.search(r"Color statistics alone .* reach ([0-9.]+) on", limit) for limit in card.limits)
    return next(float(one[1]) for one in told if one is not None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", nargs="*")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--collect", action="store_true")
    asked = parser.parse_args()
    short = tomllib.loads(SHORT.read_text(encoding="utf-8"))
    plans = planned(short)
    chosen = [plans[name] for name in asked.run or plans]
    if asked.collect:
        print(json.dumps(collect(asked.runs, chosen), indent=1))
        return
    asked.runs.mkdir(parents=True, exist_ok=True)
    for plan in chosen:
        if not (asked.runs / plan.name / "shown.json").is_file():
            show(plan, asked.data, asked.runs)


if __name__ == "__main__":
    main()

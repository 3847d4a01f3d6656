"""How good is every classical classifier beside the network?  The table of docs/explanation/cells.md.

`python benchmarks/classical.py ../shared/data --runs RUNS [--most 130 60 200] [--only NAME...]`

Each row is a whole run of a recipe: settings by groups of the training part, probabilities and threshold on validation,
and the test part of pbc-crops once, by the finished bundle. The last row is the shipped network on the same pictures,
among the same five classes.
Runs that are there already are read again; cells are measured once for all rows.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from leukoscope.bundles.archive import Bundle, read_bundle
from leukoscope.bundles.registry import find_bundle
from leukoscope.data.manifest import Manifest
from leukoscope.data.manifest_files import read_manifest, write_manifest
from leukoscope.evaluation.classification import EvaluationSettings, evaluate_predictions
from leukoscope.evaluation.predictions import Predictions
from leukoscope.experiments.bundle_answers import LabeledPictures, ask_bundle
from leukoscope.experiments.classical_run import train_classical_bundle
from leukoscope.experiments.contenders import Candidate
from leukoscope.experiments.evaluation_files import keep_evaluation
from leukoscope.experiments.model_facts import find_facts

RECIPES = Path(__file__).parents[1] / "recipes"
SET, NETWORK = "pbc-crops", "wbc-differential"
CLASSES = ("neutrophil", "eosinophil", "basophil", "lymphocyte", "monocyte")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: what it is called, its recipe, and what is changed of it."""

    title: str
    recipe: str
    changes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "-".join([self.recipe, *(change.partition("=")[2] for change in self.changes)])


ROWS = (
    Row("naive Bayes", "classical-svm", ("classifier.kind=naive-bayes",)),
    Row("k-NN", "classical-svm", ("classifier.kind=k-nn",)),
    Row("SVM, linear", "classical-svm", ("classifier.kind=svm-linear",)),
    Row("SVM, radial", "classical-svm"),
    Row("random forest", "classical-svm", ("classifier.kind=random-forest",)),
    Row("gradient boosting", "classical-svm", ("classifier.kind=gradient-boosting",)),
    Row("SVM, radial, and embedding", "classical-svm", (f"features.embedding={NETWORK}",)),
    Row("two decisions", "two-stage-wbc"),
)


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("data", type=Path)
    reader.add_argument("--runs", type=Path, required=True)
    reader.add_argument(
        "--most", type=int, nargs=3, metavar=("TRAIN", "VALIDATION", "TEST"), help="Most pictures of a class."
    )
    reader.add_argument("--only", nargs="*", default=[row.name for row in ROWS])
    asked = reader.parse_args()
    manifest = five_classes(read_manifest(RECIPES / "splits" / f"{SET}.csv", asked.data / SET))
    if asked.most:
        manifest = spread_over_groups(manifest, dict(zip(("train", "validation", "test"), asked.most, strict=True)))
    split = asked.runs / "split.csv"
    write_manifest(manifest, split)
    counted = Counter(str(part) for part in manifest.table["split"])
    print(", ".join(f"{part} {counted[part]}" for part in ("train", "validation", "test")), "\n")
    print("| classifier | columns | macro-F1 [95 %] | accuracy | left open | right where not | file | cells/s |")
    print("|---|---:|---|---:|---:|---:|---:|---:|")
    for row in ROWS:
        if row.name in asked.only:
            print(line_of(row.title, *run(row, split, asked.runs), asked.runs), flush=True)
    print(line_of(f"network {NETWORK}", *ask_network(manifest, asked.runs), asked.runs))


def five_classes(manifest: Manifest) -> Manifest:
    return manifest.select(manifest.table["label"].isin(CLASSES))


def spread_over_groups(manifest: Manifest, most: dict[str, int]) -> Manifest:
    """At most so many pictures of each class in each part, as evenly from all groups as there are pictures."""
    table = manifest.table
    turn = table.groupby(["split", "label", "group"]).cumcount()
    order = table.assign(turn=turn).sort_values(["turn", "group"], kind="stable")
    place = order.groupby(["split", "label"]).cumcount().reindex(table.index)
    return manifest.select(place < table["split"].map(most).astype("float64"))


def run(row: Row, split: Path, runs: Path) -> tuple[Path, Bundle]:
    folder = runs / row.name
    if not (folder / "metrics.json").is_file():
        train_classical_bundle(RECIPES / f"{row.recipe}.toml", split, folder, row.changes)
    return folder, read_bundle(folder / "bundle")


def ask_network(manifest: Manifest, runs: Path) -> tuple[Path, Bundle]:
    """The shipped network on the same pictures; its other classes are left out, as the others do not know them."""
    bundle, folder = find_bundle(NETWORK), runs / NETWORK
    if not (folder / "metrics.json").is_file():
        pictures = LabeledPictures(manifest.part("test"), manifest.base, manifest, "test")
        told = among(ask_bundle(bundle, pictures).predictions)
        settings = EvaluationSettings(uncertain_below=bundle.card.decision.uncertain_below)
        keep_evaluation(told, evaluate_predictions(told, settings), settings, folder)
    return folder, bundle


def among(told: Predictions) -> Predictions:
    """The same with the five classes alone, shares of the others dealt out in proportion."""
    places = [told.classes.index(name) for name in CLASSES]
    kept = told.probabilities[:, places]
    targets = np.array([places.index(int(target)) for target in told.targets])
    return replace(told, classes=CLASSES, targets=targets, probabilities=kept / kept.sum(axis=1, keepdims=True))


def line_of(title: str, folder: Path, bundle: Bundle, runs: Path) -> str:
    told = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    facts = find_facts(Candidate(title, str(folder), bundle=bundle), runs / "speed")
    part = bundle.card.measurements
    low, high = told["macro_f1_ci95"]
    cells = (
        title,
        "picture" if part is None else str(part.width),
        f"{told['macro_f1']:.3f} [{low:.3f}, {high:.3f}]",
        f"{told['accuracy']:.3f}",
        f"{told['abstained']:.1%}",
        accepted(told),
        f"{len(bundle.model) / 1e6:.2f} MB",
        f"{facts.pictures_per_s:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def accepted(told: dict[str, object]) -> str:
    value = told.get("accepted_accuracy")
    return f"{value:.3f}" if isinstance(value, float) else "-"


if __name__ == "__main__":
    main()

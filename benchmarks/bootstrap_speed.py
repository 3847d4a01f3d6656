"""How long do all figures of 100,000 predictions with 2,000 patient bootstraps take, and how much memory?

    python benchmarks/bootstrap_speed.py [--predictions 100000] [--rounds 2000] [--classes 2] [--patients 1000]

The budget is 20 s on two cores and 1 GB. Every score differs, which is the slowest case; `--patients 0` draws single
pictures.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from leukoscope.evaluation.classification import EvaluationSettings, evaluate_predictions
from leukoscope.evaluation.predictions import Predictions


def drawn_predictions(n: int, classes: int, patients: int) -> Predictions:
    """Predictions of some skill."""
    rng = np.random.default_rng(classes)
    owner = rng.integers(0, patients or n, n)
    truth = owner % classes if patients else rng.integers(0, classes, n)
    logits = rng.normal(size=(n, classes)) + 1.5 * np.eye(classes)[truth]
    rows = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    names = tuple(f"class {number}" for number in range(classes))
    owners = tuple(f"patient {one}" for one in owner.tolist()) if patients else ()
    return Predictions(names, truth, rows, tuple(f"{place}.png" for place in range(n)), patients=owners)


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("predictions", 100_000), ("rounds", 2000), ("classes", 2), ("patients", 1000)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    asked = parser.parse_args()
    predictions = drawn_predictions(asked.predictions, asked.classes, asked.patients)
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    found = evaluate_predictions(predictions, EvaluationSettings(rounds=asked.rounds))
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{found.n} predictions, {asked.classes} classes, {asked.rounds} rounds over {found.units} {found.unit}s: "
        f"{wall_s:.1f} s wall, {cpu_s:.1f} s CPU, peak {peak_mb:.0f} MB"
    )
    for name in ("balanced_accuracy", "auroc", "auprc"):
        print(f"{name}: {found.figures[name]}")


if __name__ == "__main__":
    main()

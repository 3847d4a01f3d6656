"""How long do all figures of 100,000 predictions with 2,000 patient bootstraps take, and how much memory?

`python benchmarks/bootstrap_speed.py [predictions] [rounds]`; the budget is 20 s on two cores and 1 GB.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from leukoscope.evaluation.classification import EvaluationSettings, evaluate_predictions
from leukoscope.evaluation.predictions import Predictions

PATIENTS = 1000
CLASSES = (2, 7)


def drawn_predictions(n: int, classes: int, patients: int | None) -> Predictions:
    """Predictions of some skill; every score differs, which is the slowest case."""
    rng = np.random.default_rng(classes)
    owner = rng.integers(0, patients or n, n)
    truth = owner % classes if patients else rng.integers(0, classes, n)
    logits = rng.normal(size=(n, classes)) + 1.5 * np.eye(classes)[truth]
    rows = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    names = tuple(f"class {number}" for number in range(classes))
    owners = tuple(f"patient {one}" for one in owner.tolist()) if patients else ()
    return Predictions(names, truth, rows, tuple(f"{place}.png" for place in range(n)), patients=owners)


def main(n: int, rounds: int) -> None:
    """Measure two and seven classes, by patient and by picture, each in the same process after the other."""
    for classes in CLASSES:
        for patients in (PATIENTS, None):
            predictions = drawn_predictions(n, classes, patients)
            wall, cpu = time.perf_counter(), time.process_time()
            found = evaluate_predictions(predictions, EvaluationSettings(rounds=rounds))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            auroc = found.figures["auroc"]
            told = "" if auroc is None or auroc.ci95 is None else f"{auroc.value:.4f} [{auroc.ci95[0]:.4f}, {auroc.ci95[1]:.4f}]"
            sys.stdout.write(
                f"{n} predictions, {classes} classes, {rounds} rounds over {found.units} {found.unit}s: "
                f"{wall:.1f} s wall, {cpu:.1f} s CPU, peak so far {peak:.0f} MB; AUROC {told}\n"
            )


if __name__ == "__main__":
    main(*(int(one) for one in (*sys.argv[1:], "100000", "2000")[:2]))

"""How good is a recipe on patients it never saw?  One run per fold, and every picture judged by the run without it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.manifest import Manifest
from leukoscope.data.manifest_files import is_manifest, read_manifest, write_manifest
from leukoscope.data.probes.size import area_score
from leukoscope.errors import ManifestError
from leukoscope.evaluation.predictions import Predictions
from leukoscope.experiments.evaluation_files import METRICS, PREDICTIONS
from leukoscope.experiments.fold_runs import FoldRuns, Watch, fold_runs
from leukoscope.experiments.pooled_scores import PooledScores, named_figures, positive_class, score_pooled
from leukoscope.experiments.predictions_csv import read_predictions
from leukoscope.imaging.reading import read_image
from leukoscope.imaging.segmentation.cutout import cutout_mask

SUMMARY = "cross_validation.json"


@dataclass(frozen=True, slots=True)
class FoldScore:
    """One fold: how many pictures its run was tested on, and how often it was right."""

    fold: int
    n: int
    accuracy: float
    balanced_accuracy: float
    macro_f1: float


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """A finished cross-validation.

    Attributes:
        folds: One score per fold.
        pooled: Figures over all pictures, each judged by the run that had not seen its group.
        folder: Where runs, predictions and figures lie.
    """

    folds: tuple[FoldScore, ...]
    pooled: PooledScores
    folder: Path


def cross_validate(
    recipe_file: Path,
    data: Path,
    out: Path,
    changes: Sequence[str] = (),
    *,
    images: Path | None = None,
    despite_findings: bool = False,
    watch: Watch = lambda total: lambda: None,
    after_fold: Callable[[FoldScore], None] = lambda score: None,
) -> CrossValidation:
    """Train a recipe once per fold of a manifest and pool what each run says of the fold it never saw.

    The next fold is the validation part of a run; so no figure is chosen on the fold it is told of. Finished folds
    are not trained again.

    Args:
        recipe_file: The recipe; its split file lies relative to it.
        data: Folder of the data set; or a manifest whose folds take the place of the recipe's.
        out: Folder for `fold-<k>/` with a run each, `predictions.csv` and `cross_validation.json`.
        changes: `a.b=value`, applied to the recipe.
        images: Folder that the paths of a manifest start from; by default its own.
        despite_findings: Go on although the check of the data found something severe.
        watch: For a recipe of measurements: takes how many pictures are measured, and gives what is called after each.
        after_fold: Called after each fold.

    Raises:
        ManifestError: The manifest has fewer than three folds.
        RecipeError: A fold in `out` was trained with another recipe, on other folds, or from other weights.
        LeukoscopeError: As `training_run.train_bundle` or `classical_run.train_classical_bundle`.
    """
    runs = fold_runs(recipe_file, out, changes, despite_findings=despite_findings, watch=watch)
    manifest = _manifest_of(runs, data, images)
    numbers = _fold_numbers(manifest)
    scores, answers = [], []
    for place, fold in enumerate(numbers):
        run = out / f"fold-{fold}"
        divided = _divided(manifest, fold, numbers[(place + 1) % len(numbers)])
        parts = _keep_parts(runs, divided, run)
        if not (run / PREDICTIONS).is_file():
            runs.train(parts, run)
        scores.append(_fold_score(run, fold))
        answers.append((fold, _answers(run, parts, divided)))
        after_fold(scores[-1])
    pooled = _pool(runs, manifest.base, answers)
    _write(out, runs, scores, pooled, answers)
    return CrossValidation(tuple(scores), pooled, out)


def _manifest_of(runs: FoldRuns, data: Path, images: Path | None) -> Manifest:
    if is_manifest(data) and data.is_file():
        return read_manifest(data, images)
    return read_manifest(runs.split, data)


def _fold_numbers(manifest: Manifest) -> list[int]:
    numbers = sorted({int(fold) for fold in manifest.table["fold"].dropna()})
    if len(numbers) < 3:
        raise ManifestError(
            f"{manifest.name or 'The manifest'} has {len(numbers)} folds; a cross-validation needs at least three.",
            hint="Make them with: leukoscope data split MANIFEST --folds 5 --out FILE",
        )
    return numbers


def _divided(manifest: Manifest, test: int, validation: int) -> Manifest:
    """The pictures that have a fold, with the parts of one run."""
    kept = manifest.select(manifest.table["fold"].notna())
    folds = kept.table["fold"].astype(int)
    parts = ["test" if fold == test else "validation" if fold == validation else "train" for fold in folds]
    return kept.with_columns(split=parts)


def _keep_parts(runs: FoldRuns, manifest: Manifest, run: Path) -> Path:
    """Write the parts of a run; those of a run that is there already must be the same, or it knows what it is asked."""
    parts, asked = run / "split.parquet", run / "asked.parquet"
    write_manifest(manifest, asked)
    try:
        runs.demand_same(read_manifest(asked), run)
        asked.replace(parts)
    finally:
        asked.unlink(missing_ok=True)
    return parts


def _answers(run: Path, parts: Path, divided: Manifest) -> Predictions:
    """What a run said of its test part, the fold it never saw, under the names of the whole manifest."""
    told = read_predictions(run / PREDICTIONS)
    of_run, known = read_manifest(parts).part("test"), divided.part("test")
    entries = {there.name: here for there, here in zip(of_run, known, strict=True)}
    asked = [entries[path] for path in told.paths]
    return Predictions(
        told.classes,
        told.targets,
        told.probabilities,
        tuple(one.name for one in asked),
        groups=tuple(one.group for one in asked),
    )


def _fold_score(run: Path, fold: int) -> FoldScore:
    told = json.loads((run / METRICS).read_text(encoding="utf-8"))
    return FoldScore(fold, told["n"], told["accuracy"], told["balanced_accuracy"], told["macro_f1"])


def _pool(runs: FoldRuns, base: Path, answers: Sequence[tuple[int, Predictions]]) -> PooledScores:
    told = [one for _, one in answers]
    together = Predictions(
        told[0].classes,
        np.concatenate([one.targets for one in told]),
        np.concatenate([one.probabilities for one in told]),
        tuple(path for one in told for path in one.paths),
        groups=tuple(group for one in told for group in one.groups),
    )
    area = _area_scores(runs, base, answers, together)
    return score_pooled(together, runs.labels, np.random.default_rng(runs.seed), area=area)


def _area_scores(
    runs: FoldRuns, base: Path, answers: Sequence[tuple[int, Predictions]], together: Predictions
) -> NDArray[np.float64] | None:
    """What the area of each cell alone says; None where a picture shows no cell on black."""
    if len(runs.labels) != 2:
        return None
    areas = []
    for path in together.paths:
        mask = cutout_mask(read_image(base / path).pixels)
        if mask is None:
            return None
        areas.append(np.count_nonzero(mask))
    folds = [str(fold) for fold, one in answers for _ in one.paths]
    score = area_score(np.array(areas, np.float64), together.targets == positive_class(runs.labels), folds)
    return None if np.isnan(score).any() else score


def _write(
    out: Path,
    runs: FoldRuns,
    scores: Sequence[FoldScore],
    pooled: PooledScores,
    answers: Sequence[tuple[int, Predictions]],
) -> None:
    spread = {name: _mean_and_spread(scores, name) for name in ("accuracy", "balanced_accuracy", "macro_f1")}
    told = {
        "recipe": runs.name,
        "folds": [asdict(one) for one in scores],
        "mean": spread,
        "pooled": asdict(pooled),
        "figures": [{"name": name, **asdict(figure)} for name, figure in named_figures(pooled)],
    }
    (out / SUMMARY).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    (out / PREDICTIONS).write_text(_table(answers), encoding="utf-8")


def _mean_and_spread(scores: Sequence[FoldScore], name: str) -> dict[str, float]:
    values: NDArray[np.float64] = np.array([getattr(one, name) for one in scores])
    return {"mean": float(values.mean()), "standard_deviation": float(values.std(ddof=1))}


def _table(answers: Sequence[tuple[int, Predictions]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["path", "label", "group", "fold", *answers[0][1].classes])
    for fold, told in answers:
        for place, row in enumerate(told.probabilities):
            label, said = told.classes[told.targets[place]], ("" if np.isnan(one) else f"{one:.6f}" for one in row)
            writer.writerow([told.paths[place], label, told.groups[place], fold, *said])
    return buffer.getvalue()

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

from leukoscope.bundles.archive import read_bundle
from leukoscope.data.joined_classes import join_classes
from leukoscope.data.manifest import Entry, Manifest
from leukoscope.data.manifest_files import is_manifest, read_manifest, write_manifest
from leukoscope.data.pictures import load_pictures
from leukoscope.data.probes.size import area_score
from leukoscope.errors import ManifestError
from leukoscope.experiments.held_out import judge
from leukoscope.experiments.pooled_scores import PooledScores, named_figures, positive_class, score_pooled
from leukoscope.experiments.run_folder import demand_same_run
from leukoscope.experiments.scores import Judged
from leukoscope.experiments.training_run import train_bundle
from leukoscope.imaging.reading import read_image
from leukoscope.imaging.segmentation.cutout import cutout_mask
from leukoscope.inference.classifier import Classifier
from leukoscope.modeling.recipe_files import read_recipe
from leukoscope.modeling.recipes import Recipe

PREDICTIONS, SUMMARY = "predictions.csv", "cross_validation.json"
_NO_FIGURES_YET = "card.cross_validation="
"""The run of a fold cannot tell on its card what the folds together will give."""


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
        after_fold: Called after each fold.

    Raises:
        ManifestError: The manifest has fewer than three folds.
        RecipeError: A fold in `out` was trained with another recipe, on other folds, or from other weights.
        LeukoscopeError: As `training_run.train_bundle`.
    """
    changes = (*changes, _NO_FIGURES_YET)
    recipe = read_recipe(recipe_file, changes)
    manifest = _manifest_of(recipe_file, recipe, data, images)
    numbers = _fold_numbers(manifest)
    scores, answers = [], []
    for place, fold in enumerate(numbers):
        run = out / f"fold-{fold}"
        divided = _divided(manifest, fold, numbers[(place + 1) % len(numbers)])
        parts = _keep_parts(recipe, divided, recipe_file.parent, run)
        bundle = run / "bundle"
        if not (run / "metrics.json").is_file():
            train_bundle(recipe_file, parts, run, changes, images=None, despite_findings=despite_findings)
        entries, judged = _ask(recipe, bundle, read_manifest(parts))
        scores.append(_fold_score(run, fold))
        answers.append((fold, entries, judged))
        after_fold(scores[-1])
    pooled = _pool(recipe, manifest.base, answers)
    _write(out, recipe, scores, pooled, answers)
    return CrossValidation(tuple(scores), pooled, out)


def _manifest_of(recipe_file: Path, recipe: Recipe, data: Path, images: Path | None) -> Manifest:
    if is_manifest(data) and data.is_file():
        return read_manifest(data, images)
    return read_manifest(recipe_file.parent / recipe.data.split, data)


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


def _keep_parts(recipe: Recipe, manifest: Manifest, beside: Path, run: Path) -> Path:
    """Write the parts of a run; those of a run that is there already must be the same, or it knows what it is asked."""
    parts, asked = run / "split.parquet", run / "asked.parquet"
    write_manifest(manifest, asked)
    try:
        demand_same_run(recipe, read_manifest(asked), beside, run)
        asked.replace(parts)
    finally:
        asked.unlink(missing_ok=True)
    return parts


def _ask(recipe: Recipe, bundle: Path, manifest: Manifest) -> tuple[tuple[Entry, ...], Judged]:
    entries = join_classes(manifest.part("test"), recipe.data.classes, others=recipe.data.others)
    labels = [label.name for label in recipe.labels]
    pictures = load_pictures(
        entries, manifest.base, recipe.input.width, labels, margin_on_black=recipe.input.margin_on_black
    )
    return entries, judge(Classifier(read_bundle(bundle)), pictures)


def _fold_score(run: Path, fold: int) -> FoldScore:
    told = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    return FoldScore(fold, told["n"], told["accuracy"], told["balanced_accuracy"], told["macro_f1"])


def _pool(recipe: Recipe, base: Path, answers: Sequence[tuple[int, tuple[Entry, ...], Judged]]) -> PooledScores:
    judged = Judged(
        np.concatenate([one.probabilities for _, _, one in answers]),
        np.concatenate([one.truth for _, _, one in answers]),
        tuple(group for _, _, one in answers for group in one.groups),
    )
    area = _area_scores(recipe, base, answers, judged) if recipe.input.background == "black" else None
    return score_pooled(judged, recipe.labels, np.random.default_rng(recipe.seed), area=area)


def _area_scores(
    recipe: Recipe, base: Path, answers: Sequence[tuple[int, tuple[Entry, ...], Judged]], judged: Judged
) -> NDArray[np.float64] | None:
    """What the area of each cell alone says; None where a picture shows no cell on black."""
    if len(recipe.labels) != 2:
        return None
    masks = [cutout_mask(read_image(base / entry.name).pixels) for _, entries, _ in answers for entry in entries]
    seen = [mask for mask in masks if mask is not None]
    if len(seen) < len(masks):
        return None
    area = np.array([np.count_nonzero(mask) for mask in seen], np.float64)
    folds = [str(fold) for fold, entries, _ in answers for _ in entries]
    score = area_score(area, judged.truth == positive_class(recipe.labels), folds)
    return None if np.isnan(score).any() else score


def _write(
    out: Path,
    recipe: Recipe,
    scores: Sequence[FoldScore],
    pooled: PooledScores,
    answers: Sequence[tuple[int, tuple[Entry, ...], Judged]],
) -> None:
    spread = {name: _mean_and_spread(scores, name) for name in ("accuracy", "balanced_accuracy", "macro_f1")}
    told = {
        "recipe": recipe.name,
        "folds": [asdict(one) for one in scores],
        "mean": spread,
        "pooled": asdict(pooled),
        "figures": [{"name": name, **asdict(figure)} for name, figure in named_figures(pooled)],
    }
    (out / SUMMARY).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    (out / PREDICTIONS).write_text(_predictions(recipe, answers), encoding="utf-8")


def _mean_and_spread(scores: Sequence[FoldScore], name: str) -> dict[str, float]:
    values: NDArray[np.float64] = np.array([getattr(one, name) for one in scores])
    return {"mean": float(values.mean()), "standard_deviation": float(values.std(ddof=1))}


def _predictions(recipe: Recipe, answers: Sequence[tuple[int, tuple[Entry, ...], Judged]]) -> str:
    labels = [label.name for label in recipe.labels]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["path", "label", "group", "fold", *labels])
    for fold, entries, judged in answers:
        for entry, row in zip(entries, judged.probabilities, strict=True):
            writer.writerow([entry.name, entry.label, entry.group, fold, *(f"{one:.6f}" for one in row)])
    return buffer.getvalue()

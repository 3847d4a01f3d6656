"""One training run from recipe to bundle; the test part is looked at once, by the finished bundle.

Order: pictures -> network (validation picks the epoch) -> temperature, threshold and novelty limit (validation) ->
graph and golden samples -> held-out figures through ONNX Runtime -> card.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from leukoscope.bundles.card import Card
from leukoscope.data.checks.findings import CheckReport
from leukoscope.evaluation.classification import Evaluation
from leukoscope.experiments.bundle_making import make_bundle
from leukoscope.experiments.curves import draw_curves
from leukoscope.experiments.data_verdict import keep_verdict, quick_verdict, refuse_severe
from leukoscope.experiments.finished_bundle import BUNDLE, Finished, cross_validated, finish_bundle
from leukoscope.experiments.run_folder import RunResult, close_run, open_run
from leukoscope.experiments.split_use import open_split
from leukoscope.experiments.training_material import Material, command_of
from leukoscope.modeling.networks.building import check_network
from leukoscope.modeling.networks.network import Network
from leukoscope.modeling.recipe_files import read_recipe
from leukoscope.modeling.training.history import read_history, weights_sha256
from leukoscope.modeling.training.run import train

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """What a run left behind.

    Attributes:
        folder: The bundle's folder.
        card: Its card.
        scores: Its held-out figures.
        verdict: What the check of the data found.
        result: How the run went, and what is wrong with what came out.
    """

    folder: Path
    card: Card
    scores: Evaluation
    verdict: CheckReport
    result: RunResult


def train_bundle(
    recipe_file: Path,
    data: Path,
    out: Path,
    changes: Sequence[str] = (),
    *,
    images: Path | None = None,
    despite_findings: bool = False,
) -> TrainingOutcome:
    """Train what a recipe says and write the bundle; a run that was killed goes on.

    Args:
        recipe_file: The recipe; its split file lies relative to it.
        data: Folder of the data set; or a manifest, whose split takes the place of the recipe's.
        out: Run folder: `recipe.toml`, `split.csv` and `run.json` (see `run_folder`), `data_check.json`, `curves/`,
            `checkpoints/`, `metrics.json`, `predictions.csv` (test part), `predictions_validation.csv`, `bundle/`.
        changes: `a.b=value`, applied to the recipe.
        images: Folder that the paths of a manifest start from; by default its own.
        despite_findings: Go on although the check of the data found something severe; the card will say so.

    Raises:
        DataError: The check of the data found something severe.
        RecipeError: The recipe does not fit, or the folder holds a run of another recipe or on another split.
        ManifestError: Pictures are missing or are not those of the split, or a group lies in two parts.
        InvalidBundleError: The exported graph does not agree with the trainer.
    """
    recipe = read_recipe(recipe_file, changes)
    check_network(recipe.network)
    split = open_split(recipe_file.parent / recipe.data.split, data, images, despite_findings=despite_findings)
    verdict = quick_verdict(split.manifest)
    if not despite_findings:
        refuse_severe(verdict, split.manifest)
    command = command_of(recipe_file, recipe.data.name, split, changes)
    material = Material(recipe, split, command, verdict, recipe_file.parent)
    cross_validated(material)  # a file that is missing is told before the training, not after it
    start = open_run(material, out)
    keep_verdict(verdict, out / "data_check.json")
    network = _train(material, out, start)
    history = read_history(out, recipe.training)
    finished = finish_bundle(material, make_bundle(material, network, out / BUNDLE), history, out)
    result = _result(out, material, network, finished)
    close_run(result, out)
    return TrainingOutcome(out / BUNDLE, finished.card, finished.scores, verdict, result)


def _train(material: Material, out: Path, start: Path | None) -> Network:
    recipe = material.recipe
    learned = material.load("train", recipe.training.stored_side)
    watched = material.load("validation", recipe.input.width)
    network = train(recipe, learned, watched, out, start)
    draw_curves(out, recipe, learned=len(learned.targets), watched=len(watched.targets))
    return network


def _result(out: Path, material: Material, network: Network, finished: Finished) -> RunResult:
    history = read_history(out, material.recipe.training)
    return RunResult(
        epochs=history.epochs if history else 0,
        kept_epoch=history.kept if history else 0,
        finished=history is not None and history.finished,
        training_seconds=round(history.seconds, 1) if history else 0.0,
        weights_sha256=weights_sha256(network),
        onnx_sha256=finished.card.onnx_sha256,
        said=history.words if history else (),
        warnings=finished.warnings,
        int8=finished.int8,
    )

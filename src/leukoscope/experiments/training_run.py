"""One training run from recipe to bundle; the test part is looked at once, by the finished bundle.

Order: pictures -> network (validation picks the epoch) -> temperature, threshold and novelty limit (validation) ->
graph and golden samples -> held-out figures through ONNX Runtime -> card.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import Bundle, write_bundle
from leukoscope.bundles.card import Card, DecisionCard, NoveltyCard
from leukoscope.data.checks.findings import CheckReport
from leukoscope.data.joined_classes import join_classes
from leukoscope.data.manifest import Entry, Manifest, Part
from leukoscope.data.pictures import PictureSet, load_pictures
from leukoscope.data.probes.color import color_probe
from leukoscope.domain.images import Pixels
from leukoscope.errors import InvalidBundleError, RecipeError
from leukoscope.evaluation.calibration import fit_temperature, softmax
from leukoscope.evaluation.classification import Evaluation, EvaluationSettings, evaluate_predictions
from leukoscope.evaluation.thresholds import smallest_threshold
from leukoscope.experiments.bundle_answers import looked_for, predictions_of
from leukoscope.experiments.cards import complete_card, first_card
from leukoscope.experiments.curves import draw_curves
from leukoscope.experiments.data_verdict import keep_verdict, quick_verdict, refuse_severe, warnings_for_card
from leukoscope.experiments.evaluation_files import keep_evaluation
from leukoscope.experiments.golden_images import golden_images
from leukoscope.experiments.held_out import (
    Inside,
    foreign_cells,
    foreign_pictures,
    judge,
    measure_changes,
    within_limit,
)
from leukoscope.experiments.provenance import git_revision
from leukoscope.experiments.split_use import SplitInUse, keep_split, open_split
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.verification import verify_bundle
from leukoscope.modeling.augmentation.on_the_fly import augment_images
from leukoscope.modeling.export import (
    Answers,
    ExportedNetwork,
    Whitening,
    answer,
    export_onnx,
    fit_whitening,
    golden_samples,
)
from leukoscope.modeling.networks.network import Network
from leukoscope.modeling.recipe_files import read_recipe
from leukoscope.modeling.recipes import Recipe
from leukoscope.modeling.training.run import train

_log = logging.getLogger(__name__)
BUNDLE = "bundle"


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """What a run left behind: the bundle's folder, its card, the held-out figures, and the verdict on its data."""

    folder: Path
    card: Card
    scores: Evaluation
    verdict: CheckReport


@dataclass(frozen=True, slots=True, eq=False)
class _Material:
    recipe: Recipe
    split: SplitInUse
    command: str
    verdict: CheckReport

    @property
    def manifest(self) -> Manifest:
        return self.split.manifest

    @property
    def labels(self) -> list[str]:
        return [label.name for label in self.recipe.labels]

    def entries(self, part: Part) -> tuple[Entry, ...]:
        wanted = self.recipe.data
        return join_classes(self.manifest.part(part), wanted.classes, others=wanted.others)

    def load(self, part: Part, side: int) -> PictureSet:
        entries, margin = self.entries(part), self.recipe.input.margin_on_black
        return load_pictures(entries, self.manifest.base, side, self.labels, margin_on_black=margin)


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
        out: Run folder: `recipe.json`, `split.json`, `data_check.json`, `curves/`, `checkpoints/`, `metrics.json`,
            `bundle/`.
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
    split = open_split(recipe_file.parent / recipe.data.split, data, images)
    verdict = quick_verdict(split.manifest)
    if not despite_findings:
        refuse_severe(verdict, split.manifest)
    material = _Material(recipe, split, _command(recipe_file, recipe, split, changes), verdict)
    out.mkdir(parents=True, exist_ok=True)
    keep_verdict(verdict, out / "data_check.json")
    _keep_recipe(recipe, out / "recipe.json")
    keep_split(split.manifest, out / "split.json")
    side = recipe.input.width
    learned, watched = material.load("train", recipe.training.stored_side), material.load("validation", side)
    network = train(recipe, learned, watched, out, _start(recipe_file, recipe))
    draw_curves(out, recipe, learned=len(learned.targets), watched=len(watched.targets))
    bundle = _make_bundle(material, network, out / BUNDLE)
    return _hold_out(material, bundle, out)


def _start(recipe_file: Path, recipe: Recipe) -> Path | None:
    if not recipe.training.start_from:
        return None
    start = recipe_file.parent / recipe.training.start_from
    if not start.is_file():
        raise RecipeError(
            f"The run starts from {start}, which is not there.", hint="Train the recipe it builds on first."
        )
    return start


def _keep_recipe(recipe: Recipe, path: Path) -> None:
    text = recipe.model_dump_json(indent=2) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        raise RecipeError(f"{path.parent} holds a run of another recipe.", hint="Give another folder with --out.")
    path.write_text(text, encoding="utf-8")


def _make_bundle(material: _Material, network: Network, folder: Path) -> Bundle:
    recipe, side = material.recipe, material.recipe.input.width
    learned, watched = material.load("train", side), material.load("validation", side)
    features = answer(network, _shown(recipe, learned)).features
    whitening = fit_whitening(features, learned.targets, len(recipe.labels))
    seen = answer(network, watched.images)
    changed = answer(network, _shown(recipe, watched)) if recipe.novelty.augmented else seen
    distances = whitening.distances(changed.features)
    temperature = fit_temperature(seen.logits, watched.targets)
    exported = ExportedNetwork(network, temperature, whitening)
    model = export_onnx(exported, side)
    card = first_card(
        recipe,
        model,
        material.manifest,
        material.command,
        git_revision(),
        temperature,
        _decide(recipe, seen, watched, temperature),
        _limit(recipe, network.embedding, whitening, distances),
    )
    golden = golden_samples(exported, golden_images(recipe.level, side))
    write_bundle(folder, card, model, golden)
    bundle = Bundle(card, model, golden.to_bytes())
    verification = verify_bundle(bundle)
    if not verification.agrees:
        raise InvalidBundleError(f"The graph is off by {verification.largest_difference}.", hint="Report this.")
    _log.info("graph agrees with the trainer: %s", verification.largest_difference)
    return bundle


def _decide(recipe: Recipe, seen: Answers, watched: PictureSet, temperature: float) -> DecisionCard:
    probabilities = softmax(seen.logits, temperature)
    right = probabilities.argmax(axis=1) == watched.targets
    wanted = recipe.decision.accepted_accuracy
    found = smallest_threshold(probabilities.max(axis=1), right, accuracy=wanted)
    return DecisionCard(
        uncertain_below=float(np.floor(found.threshold * 1e6) / 1e6),  # rounding up would refuse the cell that set it
        chosen_for=f"accepted validation pictures are right in {wanted:.0%} of cases",
        accepted_share_validation=round(found.share, 4),
        accepted_accuracy_validation=round(found.accuracy, 4),
    )


def _shown(recipe: Recipe, pictures: PictureSet) -> Pixels:
    """The pictures as the novelty distance is to know them."""
    if not recipe.novelty.augmented:
        return pictures.images
    return augment_images(pictures.images, recipe.augmentation, recipe.input.width, recipe.seed)


def _limit(recipe: Recipe, embedding: str, whitening: Whitening, distances: NDArray[np.float64]) -> NoveltyCard:
    quantile = recipe.novelty.validation_quantile
    changed = ", changed as in training" if recipe.novelty.augmented else ""
    means = tuple(tuple(round(float(one), 6) for one in mean) for mean in whitening.class_means)
    return NoveltyCard(
        method=f"Mahalanobis distance to the nearest class mean over the {embedding}, "
        f"shrunk shared covariance of the training part{changed}; limit from the validation part{changed}",
        limit=float(np.quantile(distances, quantile)),
        validation_quantile=quantile,
        class_means=means,
    )


def _hold_out(material: _Material, bundle: Bundle, out: Path) -> TrainingOutcome:
    recipe, classifier = material.recipe, Classifier(bundle)
    pictures = material.load("test", recipe.input.width)
    told = predictions_of(
        material.labels, material.entries("test"), judge(classifier, pictures).probabilities, material.manifest
    )
    threshold = bundle.card.decision.uncertain_below
    settings = EvaluationSettings(seed=recipe.seed, uncertain_below=threshold, positive=looked_for(bundle.card))
    scores = evaluate_predictions(told, settings)
    robustness = recipe.robustness
    changed = tuple(measure_changes(classifier, pictures, robustness, threshold)) if robustness.measure else ()
    inside = list(_inside(material, classifier, pictures))
    by_color = color_probe(material.load("train", recipe.input.width), pictures)
    card = complete_card(
        bundle.card, recipe, scores, changed, inside, by_color, material.split.how_held_out(recipe.card.how_held_out)
    )
    card = card.model_copy(update={"limits": (*card.limits, *warnings_for_card(material.verdict))})
    write_bundle(out / BUNDLE, card, bundle.model, bundle.golden())
    keep_evaluation(told, scores, settings, out)
    return TrainingOutcome(out / BUNDLE, card, scores, material.verdict)


def _inside(material: _Material, classifier: Classifier, pictures: PictureSet) -> Iterator[Inside]:
    novelty, side = classifier.card.novelty, material.recipe.input.width
    if novelty is None:
        return
    yield within_limit(classifier, novelty, "held-out part", pictures.images)
    for name in material.recipe.novelty.measure_on:
        folder = material.manifest.base.parent / name
        if folder.is_dir():
            cells = material.recipe.level == "cell"
            shown = foreign_cells(folder, classifier) if cells else foreign_pictures(folder, side)
            yield within_limit(classifier, novelty, f"cells of {name}" if cells else name, shown)
        else:
            _log.warning("%s is not there; how many of its pictures lie within the limit stays unknown", folder)


def _command(recipe_file: Path, recipe: Recipe, split: SplitInUse, changes: Sequence[str]) -> str:
    settings = "".join(f" --set {change}" for change in changes)
    data = f"../shared/data/{recipe.data.name}" if split.own else f"MANIFEST ({split.manifest.name})"
    parts = recipe_file.resolve().parts
    below = parts[parts.index("recipes") + 1 :] if "recipes" in parts[:-1] else (recipe_file.name,)
    return f"leukoscope train recipes/{'/'.join(below)} --data {data}{settings}"

"""What is a finished bundle worth?  Asked about validation and, once, about the test part; the card tells it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from leukoscope.bundles.archive import Bundle, write_bundle
from leukoscope.bundles.card import Card, CrossValidationCard
from leukoscope.data.pictures import PictureSet
from leukoscope.data.probes.color import color_probe
from leukoscope.errors import BundleError
from leukoscope.evaluation.classification import Evaluation, EvaluationSettings, evaluate_predictions
from leukoscope.evaluation.suspicions import find_suspicions
from leukoscope.experiments.bundle_answers import looked_for
from leukoscope.experiments.cards import complete_card
from leukoscope.experiments.cross_validation_card import told_by_recipe
from leukoscope.experiments.data_verdict import warnings_for_card
from leukoscope.experiments.evaluation_files import keep_evaluation
from leukoscope.experiments.held_out import (
    Inside,
    foreign_cells,
    foreign_pictures,
    judge,
    measure_changes,
    within_limit,
)
from leukoscope.experiments.predictions_csv import write_predictions
from leukoscope.experiments.quantization import quantize_bundle
from leukoscope.experiments.scores import card_figures
from leukoscope.experiments.training_material import Material
from leukoscope.inference.classifier import Classifier
from leukoscope.modeling.recipes import Recipe
from leukoscope.modeling.training.history import History

_log = logging.getLogger(__name__)
BUNDLE, INT8_BUNDLE = "bundle", "bundle-int8"
VALIDATION_PREDICTIONS = "predictions_validation.csv"


@dataclass(frozen=True, slots=True)
class Finished:
    """A bundle with its figures.

    Attributes:
        card: Its card.
        scores: Held-out figures.
        warnings: What looks wrong with its answers.
        int8: What became of the variant in 8 bits; empty where none was asked for.
    """

    card: Card
    scores: Evaluation
    warnings: tuple[str, ...]
    int8: str


def finish_bundle(material: Material, bundle: Bundle, history: History | None, out: Path) -> Finished:
    """Hold a bundle against the parts that it did not learn from, and write it with the figures on its card.

    Args:
        material: What the run learned from.
        bundle: What it made.
        history: How the run went.
        out: Run folder: `bundle/`, `metrics.json`, `predictions.csv` (test part) and `predictions_validation.csv`
            appear in it, and `bundle-int8/` where the recipe asks for it.
    """
    recipe, classifier = material.recipe, Classifier(bundle)
    watched, pictures = material.load("validation", recipe.input.width), material.load("test", recipe.input.width)
    settings = _settings(material, bundle.card)
    seen = material.predictions("validation", judge(classifier, watched).probabilities)
    told = material.predictions("test", judge(classifier, pictures).probabilities)
    scores = evaluate_predictions(told, settings)
    warnings = (
        *warnings_of_parts(find_suspicions(seen), scores.warnings),
        *_unfinished(history, recipe),
    )
    card = _card(material, classifier, pictures, scores)
    card = card.model_copy(update={"limits": (*card.limits, *warnings, *warnings_for_card(material.verdict))})
    write_bundle(out / BUNDLE, card, bundle.model, bundle.golden())
    write_predictions(seen, out / VALIDATION_PREDICTIONS)
    keep_evaluation(told, scores, settings, out)
    int8 = ""
    if recipe.quantize.int8:
        int8 = _quantize(material, Bundle(card, bundle.model, bundle.golden_bytes), watched, pictures, out)
    return Finished(card, scores, warnings, int8)


def cross_validated(material: Material) -> CrossValidationCard | None:
    """What the card will say of a cross-validation; None where the recipe names none.

    Raises:
        RecipeError: The file that the recipe names is missing, or is not such a file.
    """
    return told_by_recipe(material.recipe.card, material.beside)


def _settings(material: Material, card: Card) -> EvaluationSettings:
    return EvaluationSettings(
        seed=material.recipe.seed, uncertain_below=card.decision.uncertain_below, positive=looked_for(card)
    )


def _card(material: Material, classifier: Classifier, pictures: PictureSet, scores: Evaluation) -> Card:
    recipe = material.recipe
    robustness, threshold = recipe.robustness, classifier.card.decision.uncertain_below
    changed = tuple(measure_changes(classifier, pictures, robustness, threshold)) if robustness.measure else ()
    inside = list(_inside(material, classifier, pictures))
    by_color = color_probe(material.load("train", recipe.input.width), pictures)
    how = material.split.how_held_out(recipe.card.how_held_out)
    card = complete_card(classifier.card, recipe, scores, changed, inside, by_color, how)
    return card.model_copy(update={"cross_validation": cross_validated(material)})


def warnings_of_parts(watched: Sequence[str], held_out: Sequence[str]) -> Iterator[str]:
    """What looks wrong on the validation and on the test part, each sentence once.

    Args:
        watched: Sentences of the validation part.
        held_out: Sentences of the test part.

    Example:
        >>> list(warnings_of_parts(["It names one class only."], ["It names one class only.", "It is too sure."]))
        ['On the validation part and on the test part: It names one class only.', 'On the test part: It is too sure.']
    """
    for sentence in watched:
        both = " and on the test part" if sentence in held_out else ""
        yield f"On the validation part{both}: {sentence}"
    yield from (f"On the test part: {sentence}" for sentence in held_out if sentence not in watched)


def _unfinished(history: History | None, recipe: Recipe) -> tuple[str, ...]:
    if history is None or history.finished:
        return ()
    whole = f"epoch {history.epochs} of {recipe.training.epochs}"
    return (f"Training was stopped by hand after {whole}; the weights are those of epoch {history.kept}.",)


def _quantize(material: Material, bundle: Bundle, watched: PictureSet, pictures: PictureSet, out: Path) -> str:
    """Write the variant in 8 bits with held-out figures of its own, and say what it cost; or why there is none."""
    learned = material.load("train", material.recipe.input.width).images
    try:
        made = quantize_bundle(bundle, learned, watched, most_lost=material.recipe.quantize.most_lost)
    except BundleError as fault:
        _log.warning("no bundle in 8 bits: %s", fault)
        return f"None: {fault.message}"
    told = material.predictions("test", judge(Classifier(made), pictures).probabilities)
    scores = evaluate_predictions(told, _settings(material, made.card))
    how = material.split.how_held_out(material.recipe.card.how_held_out)
    card = made.card.model_copy(update={"metrics": card_figures(scores, how)})
    write_bundle(out / INT8_BUNDLE, card, made.model, made.golden())
    section = card.quantization
    return section.told if section else ""


def _inside(material: Material, classifier: Classifier, pictures: PictureSet) -> Iterator[Inside]:
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

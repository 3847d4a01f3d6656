"""How does a trained network become a bundle?  All is chosen on validation alone; then the graph and its proof."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import Bundle, write_bundle
from leukoscope.bundles.card import DecisionCard, NoveltyCard
from leukoscope.data.pictures import PictureSet
from leukoscope.domain.images import Pixels
from leukoscope.errors import InvalidBundleError
from leukoscope.evaluation.calibration import fit_temperature, softmax
from leukoscope.evaluation.thresholds import smallest_threshold
from leukoscope.experiments.cards import first_card
from leukoscope.experiments.golden_images import golden_images
from leukoscope.experiments.provenance import git_revision
from leukoscope.experiments.training_material import Material
from leukoscope.inference.verification import verify_bundle
from leukoscope.modeling.augmentation.on_the_fly import augment_images
from leukoscope.modeling.export import (
    Answers,
    ExportedNetwork,
    answer,
    export_onnx,
    golden_samples,
)
from leukoscope.modeling.networks.network import Network
from leukoscope.modeling.recipes import Recipe
from leukoscope.modeling.whitening import Whitening, fit_whitening

_log = logging.getLogger(__name__)


def make_bundle(material: Material, network: Network, folder: Path) -> Bundle:
    """Choose temperature, threshold and novelty limit on the validation part; export; prove the graph; write it.

    Args:
        material: What the run learned from.
        network: What it learned.
        folder: Where the bundle is written.

    Raises:
        InvalidBundleError: The exported graph does not agree with the trainer.
    """
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
    demand_agreement(bundle)
    return bundle


def demand_agreement(bundle: Bundle) -> None:
    """Make sure that ONNX Runtime says of the golden samples what the trainer said.

    Raises:
        InvalidBundleError: It does not.
    """
    verification = verify_bundle(bundle)
    if not verification.agrees:
        raise InvalidBundleError(f"The graph is off by {verification.largest_difference}.", hint="Report this.")
    _log.info("graph agrees with the trainer: %s", verification.largest_difference)


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

"""Fills in a card from what a run found; no figure is typed by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import version

from leukoscope.bundles.card import SCHEMA, Card, DecisionCard, NoveltyCard, RobustnessCard, TrainingCard
from leukoscope.data.joined_classes import join_classes
from leukoscope.data.manifest import Manifest, Part
from leukoscope.evaluation.classification import Evaluation
from leukoscope.experiments.held_out import Inside
from leukoscope.experiments.scores import card_figures
from leukoscope.modeling.recipes import Recipe


def first_card(
    recipe: Recipe,
    model: bytes,
    manifest: Manifest,
    command: str,
    revision: str,
    temperature: float,
    decision: DecisionCard,
    novelty: NoveltyCard,
) -> Card:
    """The card before anything was held against the test part."""
    about = recipe.card
    content = {
        "schema": SCHEMA,
        "name": recipe.name,
        "version": about.version,
        "title": about.title,
        "task": "classification",
        "level": recipe.level,
        "resembles": about.resembles,
        "intended_use": about.intended_use,
        "limits": about.limits,
        "weights_licence": about.weights_licence,
        "onnx_sha256": hashlib.sha256(model).hexdigest(),
        "temperature": temperature,
        "input": recipe.input,
        "labels": recipe.labels,
        "decision": decision,
        "novelty": novelty,
        "training": _training(recipe, manifest, command, revision),
        "data_sources": about.data_sources,
    }
    return Card.model_validate(content)


def complete_card(
    card: Card,
    recipe: Recipe,
    scores: Evaluation,
    changed: Sequence[RobustnessCard],
    inside: Sequence[Inside],
    by_color: float,
    how_held_out: str,
) -> Card:
    """The card with the held-out figures.

    Args:
        card: The card so far.
        recipe: What was trained.
        scores: Held-out figures.
        changed: Held-out figures after each change.
        inside: How many pictures of which set lie within the novelty limit.
        by_color: Held-out accuracy of the color probe.
        how_held_out: How the test part was kept apart.
    """
    accepted = scores.accepted_accuracy
    decision = {
        "accepted_share_held_out": round(1 - scores.abstained.value, 4),
        "accepted_accuracy_held_out": None if accepted is None else round(accepted.value, 4),
    }
    novelty = card.novelty
    if novelty is not None:
        told = "; ".join(f"{one.pictures}: {one.count} of {one.n}" for one in inside)
        novelty = novelty.model_copy(update={"measured": f"Within the limit: {told}."})
    return card.model_copy(
        update={
            "limits": (*recipe.card.limits, _color_limit(by_color)),
            "metrics": card_figures(scores, how_held_out),
            "decision": card.decision.model_copy(update=decision),
            "novelty": novelty,
            "robustness": tuple(changed),
        }
    )


def _color_limit(by_color: float) -> str:
    return (
        f"Color statistics alone (12 numbers, 5 nearest neighbors) reach {by_color:.3f} on the held-out "
        "part: that much of the accuracy needs no knowledge of cells."
    )


def _training(recipe: Recipe, manifest: Manifest, command: str, revision: str) -> TrainingCard:
    return TrainingCard(
        recipe=recipe.name,
        command=command,
        manifest_sha256=manifest.sha256,
        git_revision=revision,
        seed=recipe.seed,
        framework=f"torch {version('torch')}, timm {version('timm')}",
        images_train=_count(recipe, manifest, "train"),
        images_validation=_count(recipe, manifest, "validation"),
        classes=recipe.data.classes,
        others=recipe.data.others,
    )


def _count(recipe: Recipe, manifest: Manifest, part: Part) -> int:
    """Pictures of a part without those whose class the recipe leaves out."""
    return len(join_classes(manifest.part(part), recipe.data.classes, others=recipe.data.others))

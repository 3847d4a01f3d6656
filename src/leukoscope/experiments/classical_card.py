"""Fills in the card of a classifier of measurements from what a run found; no figure is typed by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import version

from leukoscope.bundles.card import SCHEMA, Card, CrossValidationCard, DecisionCard, NoveltyCard, TrainingCard
from leukoscope.bundles.measurements import EmbeddingCard, MeasurementsCard
from leukoscope.evaluation.classification import Evaluation
from leukoscope.experiments.classical_material import ClassicalMaterial
from leukoscope.experiments.provenance import git_revision
from leukoscope.experiments.scores import card_figures
from leukoscope.imaging.cell_columns import DEFINITIONS
from leukoscope.modeling.classical.deciding import Decider
from leukoscope.modeling.classical.recipe import StagePart

_TITLES = {
    "svm-linear": "linear SVM",
    "svm-rbf": "SVM with a radial kernel",
    "random-forest": "random forest",
    "k-nn": "nearest neighbors",
    "naive-bayes": "Gaussian naive Bayes",
    "gradient-boosting": "gradient-boosted trees",
}


def first_card(
    material: ClassicalMaterial,
    model: bytes,
    command: str,
    decider: Decider,
    decision: DecisionCard,
    novelty: NoveltyCard,
) -> Card:
    """The card before anything was held against the test part."""
    recipe = material.recipe
    about = recipe.card
    content = {
        "schema": SCHEMA,
        "name": recipe.name,
        "version": about.version,
        "title": about.title,
        "task": "measurements",
        "level": "cell",
        "resembles": about.resembles,
        "intended_use": about.intended_use,
        "limits": about.limits,
        "weights_licence": about.weights_licence,
        "onnx_sha256": hashlib.sha256(model).hexdigest(),
        "temperature": 1.0,
        "labels": recipe.labels,
        "decision": decision,
        "novelty": novelty,
        "measurements": _measurements(material, decider),
        "training": TrainingCard(
            recipe=recipe.name,
            command=command,
            manifest_sha256=material.manifest.sha256,
            git_revision=git_revision(),
            seed=recipe.seed,
            framework=f"scikit-learn {version('scikit-learn')}, skl2onnx {version('skl2onnx')}",
            images_train=len(material.parts["train"].entries),
            images_validation=len(material.parts["validation"].entries),
            classes=recipe.data.classes,
            others=recipe.data.others,
        ),
        "data_sources": about.data_sources,
    }
    return Card.model_validate(content)


def complete_card(
    card: Card,
    material: ClassicalMaterial,
    scores: Evaluation,
    limits: Sequence[str],
    folds: CrossValidationCard | None = None,
) -> Card:
    """The card with the held-out figures, those of a cross-validation, and with what looks wrong among its limits."""
    accepted = scores.accepted_accuracy
    decision = {
        "accepted_share_held_out": round(1 - scores.abstained.value, 4),
        "accepted_accuracy_held_out": None if accepted is None else round(accepted.value, 4),
    }
    return card.model_copy(
        update={
            "limits": (*card.limits, *limits),
            "cross_validation": folds,
            "metrics": card_figures(scores, material.split.how_held_out(material.recipe.card.how_held_out)),
            "decision": card.decision.model_copy(update=decision),
        }
    )


def _measurements(material: ClassicalMaterial, decider: Decider) -> MeasurementsCard:
    recipe, embedder = material.recipe, material.embedder
    embedding = None
    if embedder is not None:
        embedding = EmbeddingCard(
            name=embedder.ref.name,
            version=embedder.ref.version,
            sha256=embedder.ref.sha256,
            dimensions=material.width - len(material.columns),
        )
    return MeasurementsCard(
        columns=material.columns,
        outlining=recipe.measured.outlining,
        definitions=DEFINITIONS,
        pixel_size_um=recipe.measured.pixel_size_um,
        embedding=embedding,
        method=_method(material, decider),
    )


def _method(material: ClassicalMaterial, decider: Decider) -> str:
    recipe = material.recipe
    told = [
        _stage(stage, len(fitted.used_places()), fitted.chosen)
        for stage, fitted in zip(recipe.stages, decider.stages, strict=True)
    ]
    if recipe.first is None:
        return f"{told[0]}."
    return f"First, {' or '.join(recipe.first.tells)} or neither: {told[0]}. Then the others: {told[1]}."


def _stage(stage: StagePart, kept: int, chosen: dict[str, float | int]) -> str:
    seen = [
        *stage.features.measurements,
        *([f"embedding of {stage.features.embedding}"] * bool(stage.features.embedding)),
    ]
    settings = ", ".join(f"{key} {value:g}" for key, value in chosen.items())
    searched = f"; {settings} by {stage.search.folds} folds of groups" if settings else ""
    return f"{_TITLES[stage.classifier.kind]} on {kept} columns ({', '.join(seen)}){searched}"

"""What is the same in every run whose truth is boxes or masks, whatever it learns: its folder, its card, its end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from leukoscope.bundles.archive import Bundle, Golden, write_bundle
from leukoscope.bundles.card import SCHEMA, Card, TrainingCard
from leukoscope.experiments.annotated_material import AnnotatedMaterial, Recipe
from leukoscope.experiments.bundle_making import demand_agreement
from leukoscope.experiments.data_verdict import keep_verdict, warnings_for_card
from leukoscope.experiments.finished_bundle import BUNDLE
from leukoscope.experiments.provenance import git_revision
from leukoscope.experiments.run_folder import SPLIT_USED, keep_recipe
from leukoscope.experiments.split_use import keep_split
from leukoscope.experiments.training_material import command_of
from leukoscope.modeling.annotated_recipe import AnnotatedCard
from leukoscope.modeling.recipe_files import json_text


class Scores(Protocol):
    """Held-out figures of one set."""

    def to_json(self) -> dict[str, object]:
        """The content of `metrics.json`."""

    def to_card(self, how_held_out: str, /) -> Any:
        """The same as the card has them."""


Told = TypeVar("Told", bound=Scores)


@dataclass(frozen=True, slots=True)
class AnnotatedOutcome(Generic[Told]):
    """What a run left behind: the bundle's folder, its card, its figures by set (the recipe's first set first)."""

    folder: Path
    card: Card
    scores: dict[str, Told]
    verdict: str


def open_run(material: AnnotatedMaterial[Recipe, Any, Any], out: Path) -> None:
    """Write down what a run is before it begins, or make sure that the folder holds this run.

    Raises:
        RecipeError: The folder holds another run.
    """
    out.mkdir(parents=True, exist_ok=True)
    keep_verdict(material.sets[0].verdict, out / "data_check.json")
    keep_recipe(json_text(material.recipe), out / "recipe.json")
    keep_split(material.split.manifest, out / SPLIT_USED)


def first_card(
    material: AnnotatedMaterial[Recipe, Any, Any],
    recipe_file: Path,
    changes: Sequence[str],
    counts: tuple[int, int],
    of_task: Mapping[str, object],
    limits: Sequence[str] = (),
) -> Card:
    """The card before there is a graph, and before anything was held against the test part.

    Args:
        material: What the run learned from.
        recipe_file: Its recipe.
        changes: `a.b=value`, applied to the recipe.
        counts: Pictures learned from, and pictures watched.
        of_task: The parts that other tasks have not, or have otherwise.
        limits: What it cannot do besides what the recipe says.
    """
    recipe = material.recipe
    about: AnnotatedCard = recipe.card
    findings: list[str] = [said for one in material.sets for said in warnings_for_card(one.verdict)]
    content: dict[str, object] = {
        "schema": SCHEMA,
        "name": recipe.name,
        "version": about.version,
        "title": about.title,
        "intended_use": about.intended_use,
        "limits": (*about.limits, *limits, *findings),
        "weights_licence": about.weights_licence,
        "onnx_sha256": "0" * 64,
        "temperature": 1.0,
        "labels": recipe.labels,
        "training": TrainingCard(
            recipe=recipe.name,
            command=command_of(recipe_file, recipe.data[0].name, material.split, changes),
            manifest_sha256=material.split.manifest.sha256,
            other_manifests_sha256={one.part.name: one.manifest.sha256 for one in material.sets[1:]},
            git_revision=git_revision(),
            seed=recipe.seed,
            framework=f"torch {version('torch')}",
            images_train=counts[0],
            images_validation=counts[1],
        ),
        "data_sources": about.data_sources,
    }
    return Card.model_validate(content | dict(of_task))


def make_bundle(card: Card, model: bytes, golden: Golden, out: Path) -> Bundle:
    """Write a bundle whose graph agrees with the trainer.

    Raises:
        InvalidBundleError: It does not.
    """
    told = card.model_copy(update={"onnx_sha256": hashlib.sha256(model).hexdigest()})
    bundle = Bundle(told, model, golden.to_bytes())
    demand_agreement(bundle)
    write_bundle(out / BUNDLE, bundle.card, model, golden)
    return bundle


def close_run(
    material: AnnotatedMaterial[Recipe, Any, Any], bundle: Bundle, scores: dict[str, Told], out: Path
) -> AnnotatedOutcome[Told]:
    """Write the held-out figures: of the first set as `metrics.json`, of each other beside it, all on the card.

    Args:
        material: What the run learned from.
        bundle: What it made; its card has a part named like its task.
        scores: Figures by set, the first one first.
        out: Run folder.
    """
    first, *others = scores
    how = material.split.how_held_out(material.recipe.card.how_held_out)
    figures = {
        "metrics": scores[first].to_card(how),
        "elsewhere": {name: scores[name].to_card(f"The part test of {name}.") for name in others},
    }
    task = bundle.card.task
    card = bundle.card.model_copy(update={task: getattr(bundle.card, task).model_copy(update=figures)})
    write_bundle(out / BUNDLE, card, bundle.model, bundle.samples())
    for name, one in scores.items():
        path = out / ("metrics.json" if name == first else f"metrics-{name}.json")
        path.write_text(json.dumps(one.to_json(), indent=2) + "\n", encoding="utf-8")
    return AnnotatedOutcome(out / BUNDLE, card, scores, material.sets[0].verdict.verdict)

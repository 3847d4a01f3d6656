"""One training run of a segmenter from recipe to bundle; the test part is looked at once, by the finished bundle.

Order: pictures -> network -> graph and golden samples -> held-out figures through ONNX Runtime -> card.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from leukoscope.bundles.archive import Bundle, write_bundle
from leukoscope.bundles.card import SCHEMA, Card, DecisionCard, InputCard, TrainingCard
from leukoscope.bundles.segmentation import SegmentationCard
from leukoscope.domain.images import Pixels
from leukoscope.errors import InvalidBundleError, RecipeError
from leukoscope.experiments.data_verdict import keep_verdict, warnings_for_card
from leukoscope.experiments.golden_images import golden_images
from leukoscope.experiments.provenance import git_revision
from leukoscope.experiments.segmentation_material import SegmentationMaterial, open_masked_material
from leukoscope.experiments.segmentation_scores import SegmentationScores, score_outlines, summarize
from leukoscope.experiments.split_use import keep_split
from leukoscope.inference.segmenter import Segmenter
from leukoscope.inference.verification import verify_bundle
from leukoscope.modeling.segmentation.batches import WIDER, cut_windows
from leukoscope.modeling.segmentation.export import export_segmenter, golden_masks
from leukoscope.modeling.segmentation.network import CellUNet
from leukoscope.modeling.segmentation.recipe import SegmentationRecipe
from leukoscope.modeling.segmentation.recipe_file import read_segmentation_recipe
from leukoscope.modeling.segmentation.run import train_segmenter

_log = logging.getLogger(__name__)
BUNDLE = "bundle"
_HALF = DecisionCard(uncertain_below=0.5, chosen_for="the middle: a pixel belongs where it is more probable than not")


@dataclass(frozen=True, slots=True)
class SegmentationOutcome:
    """What a run left behind: the bundle's folder, its card, its figures by set (the recipe's first set first)."""

    folder: Path
    card: Card
    scores: dict[str, SegmentationScores]
    verdict: str


def train_segmentation_bundle(
    recipe_file: Path,
    data: Path,
    out: Path,
    changes: Sequence[str] = (),
    *,
    images: Path | None = None,
    despite_findings: bool = False,
) -> SegmentationOutcome:
    """Train what a segmentation recipe says and write the bundle; a run that was killed goes on.

    Args:
        recipe_file: The recipe; its split files lie relative to it.
        data: Folder of its first set, beside which the others lie; or a manifest with masks and parts.
        out: Run folder: `recipe.json`, `split.json`, `data_check.json`, `curves/`, `checkpoints/`, `metrics.json`,
            `metrics-<set>.json` for the other sets, `bundle/`.
        changes: `a.b=value`, applied to the recipe.
        images: Folder that the paths of a manifest start from; by default its own.
        despite_findings: Go on although the check of the data found something severe; the card will say so.

    Raises:
        DataError: A set has no masks, or the check of the data found something severe.
        RecipeError: The recipe does not fit, or the folder holds another run.
        ManifestError: Pictures are missing or are not those of the split, or a group lies in two parts.
        InvalidBundleError: The exported graph does not agree with the trainer.
    """
    recipe = read_segmentation_recipe(recipe_file, changes)
    material = open_masked_material(recipe_file, recipe, data, images, despite_findings=despite_findings)
    out.mkdir(parents=True, exist_ok=True)
    keep_verdict(material.sets[0].verdict, out / "data_check.json")
    _keep_recipe(recipe, out / "recipe.json")
    keep_split(material.sets[0].manifest, out / "split.json")
    pictures, repeats = material.learned()
    shown = [count for one, count in zip(pictures, repeats, strict=True) for _ in one.boxes]
    watched = material.watched()
    learned = cut_windows(pictures, recipe.window, WIDER)
    network = train_segmenter(recipe, learned, shown, cut_windows(watched, recipe.window), out)
    card = _first_card(material, recipe_file, changes, (len(pictures), len(watched)))
    return _hold_out(material, _make_bundle(recipe, network, card, out / BUNDLE), out)


def _keep_recipe(recipe: SegmentationRecipe, path: Path) -> None:
    text = recipe.model_dump_json(indent=2) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        raise RecipeError(f"{path.parent} holds a run of another recipe.", hint="Give another folder with --out.")
    path.write_text(text, encoding="utf-8")


def _first_card(
    material: SegmentationMaterial, recipe_file: Path, changes: Sequence[str], counts: tuple[int, int]
) -> Card:
    recipe, about = material.recipe, material.recipe.card
    findings = (said for one in material.sets for said in warnings_for_card(one.verdict))
    content = {
        "schema": SCHEMA,
        "name": recipe.name,
        "version": about.version,
        "title": about.title,
        "task": "segmentation",
        "level": "cell",
        "intended_use": about.intended_use,
        "limits": (*about.limits, *findings),
        "weights_licence": about.weights_licence,
        "onnx_sha256": "0" * 64,
        "temperature": 1.0,
        "input": InputCard(width=recipe.window.side, height=recipe.window.side, crop_margin=recipe.window.margin),
        "labels": recipe.labels,
        "decision": _HALF,
        "segmentation": SegmentationCard(margin=recipe.window.margin),
        "training": TrainingCard(
            recipe=recipe.name,
            command=_command(material, recipe_file, changes),
            manifest_sha256=material.sets[0].manifest.sha256,
            git_revision=git_revision(),
            seed=recipe.seed,
            framework=f"torch {version('torch')}",
            images_train=counts[0],
            images_validation=counts[1],
        ),
        "data_sources": about.data_sources,
    }
    return Card.model_validate(content)


def _make_bundle(recipe: SegmentationRecipe, network: CellUNet, card: Card, folder: Path) -> Bundle:
    model = export_segmenter(network, recipe.window.side)
    golden = golden_masks(network, _golden_windows(recipe.window.side))
    told = {"onnx_sha256": hashlib.sha256(model).hexdigest()}
    bundle = Bundle(card.model_copy(update=told), model, golden.to_bytes())
    verification = verify_bundle(bundle)
    if not verification.agrees:
        raise InvalidBundleError(f"The graph is off by {verification.largest_difference}.", hint="Report this.")
    _log.info("graph agrees with the trainer: %s", verification.largest_difference)
    write_bundle(folder, bundle.card, model, golden)
    return bundle


def _golden_windows(side: int) -> Pixels:
    return golden_images("cell", side)


def _hold_out(material: SegmentationMaterial, bundle: Bundle, out: Path) -> SegmentationOutcome:
    recipe, segmenter = material.recipe, Segmenter(bundle)
    scores = {
        name: summarize(score_outlines(segmenter, pictures), np.random.default_rng(recipe.seed))
        for name, pictures in material.held_out().items()
        if pictures
    }
    first, *others = scores
    how = recipe.card.how_held_out if material.own else f"Parts of {first}: {material.sets[0].manifest.split_method}"
    part = SegmentationCard(
        margin=recipe.window.margin,
        metrics=scores[first].to_card(how),
        elsewhere={name: scores[name].to_card(f"The part test of {name}.") for name in others},
    )
    card = bundle.card.model_copy(update={"segmentation": part})
    write_bundle(out / BUNDLE, card, bundle.model, bundle.golden_masks())
    _write_metrics(out / "metrics.json", scores[first])
    for name in others:
        _write_metrics(out / f"metrics-{name}.json", scores[name])
    return SegmentationOutcome(out / BUNDLE, card, scores, material.sets[0].verdict.verdict)


def _write_metrics(path: Path, scores: SegmentationScores) -> None:
    content = {"task": "segmentation"} | dataclasses.asdict(scores)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _command(material: SegmentationMaterial, recipe_file: Path, changes: Sequence[str]) -> str:
    settings = "".join(f" --set {change}" for change in changes)
    first = material.sets[0].manifest.name
    data = f"../shared/data/{material.recipe.data[0].name}" if material.own else f"MANIFEST ({first})"
    return f"leukoscope train recipes/{recipe_file.name} --data {data}{settings}"

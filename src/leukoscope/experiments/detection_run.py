"""One training run of a detector from recipe to bundle; the test part is looked at once, by the finished bundle.

Order: pictures -> network -> score threshold (validation) -> graph and golden samples -> held-out figures through ONNX
Runtime -> card.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from leukoscope.bundles.archive import Bundle, write_bundle
from leukoscope.bundles.card import SCHEMA, Card, DecisionCard, InputCard, TrainingCard
from leukoscope.bundles.detection import DetectionCard
from leukoscope.data.boxed_pictures import BoxedPicture
from leukoscope.domain.images import Pixels
from leukoscope.domain.objects import Detections
from leukoscope.errors import InvalidBundleError, RecipeError
from leukoscope.experiments.data_verdict import keep_verdict, warnings_for_card
from leukoscope.experiments.detection_material import DetectionMaterial, open_material
from leukoscope.experiments.detection_scores import DetectionScores, choose_thresholds, score_detections
from leukoscope.experiments.provenance import git_revision
from leukoscope.experiments.split_use import keep_split
from leukoscope.inference.detector import Detector
from leukoscope.inference.verification import verify_bundle
from leukoscope.modeling.detection.answering import find_objects
from leukoscope.modeling.detection.export import export_detector, golden_boxes
from leukoscope.modeling.detection.network import Detector as Network
from leukoscope.modeling.detection.recipe import DetectionRecipe
from leukoscope.modeling.detection.recipe_file import read_detection_recipe
from leukoscope.modeling.detection.run import WATCHING_FLOOR, train_detector
from leukoscope.synthetic import STYLES, draw_field

_log = logging.getLogger(__name__)
BUNDLE = "bundle"
_GOLDEN = 3
_NOTHING_FOUND = "It found no marked object of the validation part, so it is set to tell nothing: it is of no use."


@dataclass(frozen=True, slots=True)
class DetectionOutcome:
    """What a run left behind: the bundle's folder, its card, its figures by set (the recipe's first set first)."""

    folder: Path
    card: Card
    scores: dict[str, DetectionScores]
    verdict: str


def train_detection_bundle(
    recipe_file: Path,
    data: Path,
    out: Path,
    changes: Sequence[str] = (),
    *,
    images: Path | None = None,
    despite_findings: bool = False,
) -> DetectionOutcome:
    """Train what a detection recipe says and write the bundle; a run that was killed goes on.

    Args:
        recipe_file: The recipe; its split files lie relative to it.
        data: Folder of its first set, beside which the others lie; or a manifest with boxes and parts.
        out: Run folder: `recipe.json`, `split.json`, `data_check.json`, `curves/`, `checkpoints/`, `metrics.json`,
            `metrics-<set>.json` for the other sets, `bundle/`.
        changes: `a.b=value`, applied to the recipe.
        images: Folder that the paths of a manifest start from; by default its own.
        despite_findings: Go on although the check of the data found something severe; the card will say so.

    Raises:
        DataError: A set has no boxes, or the check of the data found something severe.
        RecipeError: The recipe does not fit, or the folder holds another run.
        ManifestError: Pictures are missing or are not those of the split, or a group lies in two parts.
        InvalidBundleError: The exported graph does not agree with the trainer.
    """
    recipe = read_detection_recipe(recipe_file, changes)
    material = open_material(recipe_file, recipe, data, images, despite_findings=despite_findings)
    out.mkdir(parents=True, exist_ok=True)
    keep_verdict(material.sets[0].verdict, out / "data_check.json")
    _keep_recipe(recipe, out / "recipe.json")
    keep_split(material.sets[0].manifest, out / "split.json")
    learned, repeats = material.learned()
    watched = material.watched()
    network = train_detector(recipe, learned, repeats, watched, out)
    thresholds = _choose(recipe, network, watched)
    card = _first_card(material, recipe_file, changes, (len(learned), len(watched)), thresholds)
    bundle = _make_bundle(recipe, network, card, out / BUNDLE)
    return _hold_out(material, bundle, out)


def find_in(detector: Detector, pictures: Sequence[BoxedPicture]) -> tuple[Detections, ...]:
    """What a bundle finds in each picture, unsure objects too."""
    return tuple(detector.find(one.pixels, one.pixel_size_um, score_floor=WATCHING_FLOOR) for one in pictures)


def _keep_recipe(recipe: DetectionRecipe, path: Path) -> None:
    text = recipe.model_dump_json(indent=2) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        raise RecipeError(f"{path.parent} holds a run of another recipe.", hint="Give another folder with --out.")
    path.write_text(text, encoding="utf-8")


def _choose(recipe: DetectionRecipe, network: Network, watched: Sequence[BoxedPicture]) -> dict[str, float]:
    found = find_objects(network, watched, recipe.view.detector_view(WATCHING_FLOOR))
    chosen = choose_thresholds(found, watched, recipe.classes, recipe.decision.counted)
    return {name: float(np.floor(one * 1e6) / 1e6) for name, one in zip(recipe.classes, chosen, strict=True)}


def _decision(thresholds: Mapping[str, float], counted: Sequence[str], watched: int) -> DecisionCard:
    others = [name for name in thresholds if name not in counted]
    ways = [f"largest F1 of {' and '.join(others)} at IoU 0.5"] if others else []
    ways += [f"as many {' and '.join(counted)} as are marked"] if counted else []
    return DecisionCard(
        uncertain_below=min(thresholds.values()),
        chosen_for=f"{', '.join(ways)}, on {watched} validation pictures; objects below are not told",
    )


def _first_card(
    material: DetectionMaterial,
    recipe_file: Path,
    changes: Sequence[str],
    counts: tuple[int, int],
    thresholds: Mapping[str, float],
) -> Card:
    recipe, about = material.recipe, material.recipe.card
    decision = _decision(thresholds, recipe.decision.counted, counts[1])
    content = {
        "schema": SCHEMA,
        "name": recipe.name,
        "version": about.version,
        "title": about.title,
        "task": "detection",
        "level": "image",
        "intended_use": about.intended_use,
        "limits": (*about.limits, *_silence(decision), *_findings(material)),
        "weights_licence": about.weights_licence,
        "onnx_sha256": "0" * 64,
        "temperature": 1.0,
        "input": InputCard(
            width=recipe.view.width, height=recipe.view.height, pixel_size_um=recipe.view.known_pixel_sizes_um
        ),
        "labels": recipe.labels,
        "decision": decision,
        "detection": DetectionCard(
            way=recipe.view.way,
            pixel_size_um=recipe.view.pixel_size_um,
            overlap_px=recipe.view.overlap_px,
            nms_iou=recipe.view.nms_iou,
            max_objects=recipe.view.max_objects,
            multiple_px=recipe.view.multiple_px,
            thresholds=dict(thresholds),
            decoding="",
        ),
        "training": TrainingCard(
            recipe=recipe.name,
            command=_command(material, recipe_file, changes),
            manifest_sha256=material.sets[0].manifest.sha256,
            other_manifests_sha256={one.part.name: one.manifest.sha256 for one in material.sets[1:]},
            git_revision=git_revision(),
            seed=recipe.seed,
            framework=f"torch {version('torch')}",
            images_train=counts[0],
            images_validation=counts[1],
        ),
        "data_sources": about.data_sources,
    }
    return Card.model_validate(content)


def _silence(decision: DecisionCard) -> tuple[str, ...]:
    return (_NOTHING_FOUND,) if decision.uncertain_below >= 1 else ()


def _findings(material: DetectionMaterial) -> tuple[str, ...]:
    return tuple(said for one in material.sets for said in warnings_for_card(one.verdict))


def _make_bundle(recipe: DetectionRecipe, network: Network, card: Card, folder: Path) -> Bundle:
    model = export_detector(network, recipe.view.width, recipe.view.height, recipe.view.multiple_px)
    part = card.detection
    if part is None:
        raise InvalidBundleError(f"The card of {card.name} has no part for detection.")
    told = {"onnx_sha256": hashlib.sha256(model).hexdigest(), "detection": _decoded(part, network)}
    bundle = Bundle(card.model_copy(update=told), model, golden_boxes(network, _golden_images(recipe)).to_bytes())
    verification = verify_bundle(bundle)
    if not verification.agrees:
        raise InvalidBundleError(f"The graph is off by {verification.largest_difference}.", hint="Report this.")
    _log.info("graph agrees with the trainer: %s", verification.largest_difference)
    write_bundle(folder, bundle.card, model, bundle.golden_boxes())
    return bundle


def _decoded(part: DetectionCard, network: Network) -> DetectionCard:
    return part.model_copy(update={"decoding": network.decoding})


def _golden_images(recipe: DetectionRecipe) -> Pixels:
    """Synthetic fields of the size the graph takes, at its own pixel size where it has one."""
    rng, view = np.random.default_rng(20260), recipe.view
    size_um = view.pixel_size_um or 0.25
    styles = list(STYLES.values())
    fields = (
        draw_field(
            rng,
            width=view.width,
            height=view.height,
            pixel_size_um=size_um,
            cells={"lymphocyte": 1, "neutrophil": 1},
            style=styles[number % len(styles)],
        )
        for number in range(_GOLDEN)
    )
    return np.stack([one.pixels for one in fields])


def _hold_out(material: DetectionMaterial, bundle: Bundle, out: Path) -> DetectionOutcome:
    recipe, detector = material.recipe, Detector(bundle)
    scores: dict[str, DetectionScores] = {}
    for name, pictures in material.held_out().items():
        if pictures:
            scores[name] = score_detections(
                find_in(detector, pictures),
                pictures,
                recipe.classes,
                thresholds=detector.thresholds.tolist(),
                rng=np.random.default_rng(recipe.seed),
            )
    first, *others = scores
    how = recipe.card.how_held_out if material.own else f"Parts of {first}: {material.sets[0].manifest.split_method}"
    card = _complete(bundle.card, scores, how)
    write_bundle(out / BUNDLE, card, bundle.model, bundle.golden_boxes())
    _write_metrics(out / "metrics.json", scores[first])
    for name in others:
        _write_metrics(out / f"metrics-{name}.json", scores[name])
    return DetectionOutcome(out / BUNDLE, card, scores, material.sets[0].verdict.verdict)


def _complete(card: Card, scores: dict[str, DetectionScores], how: str) -> Card:
    if card.detection is None:
        raise InvalidBundleError(f"The card of {card.name} has no part for detection.")
    first, *others = scores
    elsewhere = {name: scores[name].to_card(f"The part test of {name}.") for name in others}
    part = card.detection.model_copy(update={"metrics": scores[first].to_card(how), "elsewhere": elsewhere})
    return card.model_copy(update={"detection": part})


def _write_metrics(path: Path, scores: DetectionScores) -> None:
    path.write_text(json.dumps(scores.to_json(), indent=2) + "\n", encoding="utf-8")


def _command(material: DetectionMaterial, recipe_file: Path, changes: Sequence[str]) -> str:
    settings = "".join(f" --set {change}" for change in changes)
    first = material.sets[0].manifest.name
    data = f"../shared/data/{material.recipe.data[0].name}" if material.own else f"MANIFEST ({first})"
    parts = recipe_file.resolve().parts
    below = parts[parts.index("recipes") + 1 :] if "recipes" in parts[:-1] else (recipe_file.name,)
    return f"leukoscope train recipes/{'/'.join(below)} --data {data}{settings}"

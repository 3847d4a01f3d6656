"""One training run of a detector from recipe to bundle; the test part is looked at once, by the finished bundle.

Order: pictures -> network -> score threshold (validation) -> graph and golden samples -> held-out figures through ONNX
Runtime -> card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from leukoscope.bundles.card import DecisionCard
from leukoscope.data.boxed_pictures import BoxedPicture
from leukoscope.domain.images import Pixels
from leukoscope.domain.objects import Detections
from leukoscope.experiments.annotated_run import AnnotatedOutcome, close_run, first_card, make_bundle, open_run
from leukoscope.experiments.detection_material import DetectionMaterial, open_material
from leukoscope.experiments.detection_scores import DetectionScores, choose_thresholds, score_detections
from leukoscope.inference.detector import Detector
from leukoscope.modeling.detection.answering import find_objects
from leukoscope.modeling.detection.export import export_detector, golden_boxes
from leukoscope.modeling.detection.lesson import WATCHING_FLOOR
from leukoscope.modeling.detection.network import Detector as Network
from leukoscope.modeling.detection.recipe import DetectionRecipe
from leukoscope.modeling.detection.recipe_file import read_detection_recipe
from leukoscope.modeling.detection.run import train_detector
from leukoscope.synthetic import STYLES, draw_field

_GOLDEN = 3
_NOTHING_FOUND = "It found no marked object of the validation part, so it is set to tell nothing: it is of no use."


DetectionOutcome = AnnotatedOutcome[DetectionScores]


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
    open_run(material, out)
    learned, repeats = material.learned()
    watched = material.watched()
    network = train_detector(recipe, learned, repeats, watched, out)
    thresholds = _choose(recipe, network, watched)
    of_task = _of_task(recipe, network, thresholds, len(watched))
    limits = (_NOTHING_FOUND,) if min(thresholds.values()) >= 1 else ()
    card = first_card(material, recipe_file, changes, (len(learned), len(watched)), of_task, limits)
    model = export_detector(network, recipe.view.width, recipe.view.height, recipe.view.multiple_px)
    bundle = make_bundle(card, model, golden_boxes(network, _golden_images(recipe)), out)
    return close_run(material, bundle, _hold_out(material, Detector(bundle)), out)


def find_in(detector: Detector, pictures: Sequence[BoxedPicture]) -> tuple[Detections, ...]:
    """What a bundle finds in each picture, unsure objects too."""
    return tuple(detector.find(one.pixels, one.pixel_size_um, score_floor=WATCHING_FLOOR) for one in pictures)


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


def _of_task(
    recipe: DetectionRecipe, network: Network, thresholds: Mapping[str, float], watched: int
) -> dict[str, object]:
    """What the card of a detector says besides."""
    return {
        "task": "detection",
        "level": "image",
        "input": recipe.view.input_card(),
        "decision": _decision(thresholds, recipe.decision.counted, watched),
        "detection": recipe.view.detection_card(thresholds, network.decoding),
    }


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


def _hold_out(material: DetectionMaterial, detector: Detector) -> dict[str, DetectionScores]:
    recipe = material.recipe
    return {
        name: score_detections(
            find_in(detector, pictures),
            pictures,
            recipe.classes,
            thresholds=detector.thresholds.tolist(),
            rng=np.random.default_rng(recipe.seed),
        )
        for name, pictures in material.held_out().items()
        if pictures
    }

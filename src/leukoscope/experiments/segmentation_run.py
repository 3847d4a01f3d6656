"""One training run of a segmenter from recipe to bundle; the test part is looked at once, by the finished bundle.

Order: pictures -> network -> graph and golden samples -> held-out figures through ONNX Runtime -> card.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from leukoscope.bundles.card import DecisionCard, InputCard
from leukoscope.bundles.segmentation import SegmentationCard
from leukoscope.data.masked_pictures import MaskedPicture
from leukoscope.experiments.annotated_run import AnnotatedOutcome, close_run, first_card, make_bundle, open_run
from leukoscope.experiments.golden_images import golden_images
from leukoscope.experiments.segmentation_material import SegmentationMaterial, draw_masked, open_masked_material
from leukoscope.experiments.segmentation_scores import SegmentationScores, score_outlines, summarize
from leukoscope.inference.segmenter import Segmenter
from leukoscope.modeling.segmentation.batches import WIDER, cut_windows
from leukoscope.modeling.segmentation.export import export_segmenter, golden_masks
from leukoscope.modeling.segmentation.recipe import WindowPart
from leukoscope.modeling.segmentation.recipe_file import read_segmentation_recipe
from leukoscope.modeling.segmentation.run import train_segmenter

_HALF = DecisionCard(uncertain_below=0.5, chosen_for="the middle: a pixel belongs where it is more probable than not")


SegmentationOutcome = AnnotatedOutcome[SegmentationScores]


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
    open_run(material, out)
    pictures, repeats = _with_drawn(material)
    watched = material.watched()
    shown = [count for one, count in zip(pictures, repeats, strict=True) for _ in one.boxes]
    learned = cut_windows(pictures, recipe.window, WIDER)
    network = train_segmenter(recipe, learned, shown, cut_windows(watched, recipe.window), out)
    card = first_card(material, recipe_file, changes, (len(pictures), len(watched)), _of_task(recipe.window))
    golden = golden_masks(network, golden_images("cell", recipe.window.side))
    bundle = make_bundle(card, export_segmenter(network, recipe.window.side), golden, out)
    return close_run(material, bundle, _hold_out(material, Segmenter(bundle)), out)


def _with_drawn(material: SegmentationMaterial) -> tuple[tuple[MaskedPicture, ...], tuple[int, ...]]:
    """Training pictures, drawn ones last, and how often each of their cells is shown per epoch."""
    pictures, repeats = material.learned()
    part = material.recipe.synthetic
    drawn = draw_masked(part.fields, material.recipe.seed)
    return (*pictures, *drawn), (*repeats, *[part.repeat] * len(drawn))


def _of_task(window: WindowPart) -> dict[str, object]:
    """What the card of a segmenter says besides."""
    return {
        "task": "segmentation",
        "level": "cell",
        "input": InputCard(width=window.side, height=window.side, crop_margin=window.margin),
        "decision": _HALF,
        "segmentation": SegmentationCard(margin=window.margin),
    }


def _hold_out(material: SegmentationMaterial, segmenter: Segmenter) -> dict[str, SegmentationScores]:
    return {
        name: summarize(score_outlines(segmenter, pictures), np.random.default_rng(material.recipe.seed))
        for name, pictures in material.held_out().items()
        if pictures
    }

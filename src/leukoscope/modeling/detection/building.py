"""From a detection recipe to a network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leukoscope.data.boxed_pictures import BoxedPicture
from leukoscope.modeling.detection.box_head import RoboflowBoxes
from leukoscope.modeling.detection.centers import Centers
from leukoscope.modeling.detection.network import Detector
from leukoscope.modeling.detection.recipe import DetectionRecipe


def build_detector(recipe: DetectionRecipe, pictures: Sequence[BoxedPicture] = ()) -> Detector:
    """Make the network a recipe names.

    Args:
        recipe: The recipe.
        pictures: Training pictures, whose mean and spread of colors become part of `centers`; none are needed where a
            checkpoint is loaded afterwards.
    """
    part, classes = recipe.network, len(recipe.labels)
    if part.name == "roboflow-boxes":
        return RoboflowBoxes(classes, part.slots, recipe.view.width, box_weight=part.box_weight, dropout=part.dropout)
    mean, spread = _coloring(pictures)
    return Centers(classes, part.widths, part.blocks, part.neck, mean, spread)


def _coloring(pictures: Sequence[BoxedPicture]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if not pictures:
        return (0.0,) * 3, (1.0,) * 3
    sample = np.concatenate([one.pixels[::8, ::8].reshape(-1, 3) for one in pictures]) / 255
    return tuple(sample.mean(0).tolist()), tuple(sample.std(0).tolist())

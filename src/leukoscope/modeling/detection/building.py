"""From a detection recipe to a network, and from a checkpoint back to the network that learned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from leukoscope.data.boxed_pictures import BoxedPicture
from leukoscope.modeling.detection.box_head import RoboflowBoxes
from leukoscope.modeling.detection.centers import Centers
from leukoscope.modeling.detection.network import Detector
from leukoscope.modeling.detection.recipe import DetectionRecipe

AVERAGE = "average.module."
"""What the names of the averaged weights begin with in a checkpoint."""


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


def load_detector(recipe: DetectionRecipe, checkpoint: Path) -> Detector:
    """The averaged network of a checkpoint, ready to answer."""
    state: dict[str, Tensor] = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    network = build_detector(recipe)
    network.load_state_dict({k.removeprefix(AVERAGE): v for k, v in state.items() if k.startswith(AVERAGE)})
    return network.eval()


def _coloring(pictures: Sequence[BoxedPicture]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if not pictures:
        return (0.0,) * 3, (1.0,) * 3
    sample = np.concatenate([one.pixels[::8, ::8].reshape(-1, 3) for one in pictures]) / 255
    return tuple(sample.mean(0).tolist()), tuple(sample.std(0).tolist())

"""What does a detector learn from a batch, and how is it seen whether it finds what is marked?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from torch import Tensor

from leukoscope.data.boxed_pictures import BoxedPicture
from leukoscope.evaluation.boxes import average_precision, match_pictures
from leukoscope.modeling.detection.answering import find_objects
from leukoscope.modeling.detection.network import Detector, Target
from leukoscope.modeling.detection.recipe import DetectionRecipe
from leukoscope.modeling.training.looks import Lesson

SCORE = "validation_ap50"
WATCHING_FLOOR = 0.02
"""Score from which boxes count while training is watched; curves need the unsure ones too."""
_COLUMNS = ("epoch", "train_loss", SCORE, "learning_rate", "images_per_s", "waiting_share", "seconds")
_NOTHING = (
    "no marked object of the validation part is found. Lower training.learning_rate, or look at the boxes of the "
    "training part with `leukoscope data describe`."
)


def detector_lesson(recipe: DetectionRecipe, watched: Sequence[BoxedPicture]) -> Lesson[Detector]:
    """What a detector learns.

    Args:
        recipe: How it is shown pictures, and which classes there are.
        watched: Validation pictures, whole.
    """
    return Lesson(_loss, partial(_look, recipe=recipe, watched=watched), SCORE, _COLUMNS, _told, _NOTHING)


def _loss(network: Detector, pictures: Tensor, targets: list[Target]) -> Tensor:
    return network.loss(pictures, targets)  # boxes stay where the loss draws its maps


def _look(network: Detector, *, recipe: DetectionRecipe, watched: Sequence[BoxedPicture]) -> dict[str, float]:
    found = find_objects(network, watched, recipe.view.detector_view(WATCHING_FLOOR))
    marked = [one.marked for one in watched]
    classes = [match_pictures(found, marked, label, (0.5,)) for label in range(len(recipe.labels))]
    precisions = [average_precision(one, 0.5) for one in classes]
    mean = float(np.nanmean(precisions)) if np.isfinite(precisions).any() else 0.0
    return {f"{SCORE}_{name}": value for name, value in zip(recipe.classes, precisions, strict=True)} | {SCORE: mean}


def _told(seen: Mapping[str, float]) -> str:
    classes = (f"{name.removeprefix(f'{SCORE}_')} {value:.3f}" for name, value in seen.items() if name != SCORE)
    return f"AP50 {seen[SCORE]:.3f} ({', '.join(classes)})"

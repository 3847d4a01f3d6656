"""A whole run of a detector: which batches it learns from, and the network that comes out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from leukoscope.data.boxed_pictures import BoxedPicture
from leukoscope.errors import RecipeError
from leukoscope.modeling.detection.batches import PieceBatches, WholeBatches
from leukoscope.modeling.detection.building import build_detector
from leukoscope.modeling.detection.lesson import detector_lesson
from leukoscope.modeling.detection.network import Detector
from leukoscope.modeling.detection.recipe import DetectionRecipe
from leukoscope.modeling.training.averaging import load_average
from leukoscope.modeling.training.checkpoints import train_to_end
from leukoscope.modeling.training.look_run import fit_by_looks


def train_detector(
    recipe: DetectionRecipe,
    learned: Sequence[BoxedPicture],
    repeats: Sequence[int],
    watched: Sequence[BoxedPicture],
    folder: Path,
) -> Detector:
    """Train a detector, or go on with a run that was interrupted.

    Args:
        recipe: What to train.
        learned: Pictures to learn from.
        repeats: How often each of them is shown per epoch.
        watched: Pictures on which the epoch may be chosen.
        folder: Run folder; `checkpoints/` and `curves/` appear in it.

    Returns:
        The averaged network of the epoch the recipe keeps.

    Raises:
        RecipeError: There is nothing to learn from or to watch, or the loss is no number any more.
        KeyboardInterrupt: Ctrl-C before the first epoch ended.
    """
    if not learned or not watched:
        raise RecipeError("A detector needs pictures to learn from and others to watch.", hint="Look at the split.")

    def fit() -> None:
        batches, part = make_batches(recipe, learned, repeats), recipe.training
        lesson = detector_lesson(recipe, watched)
        fit_by_looks(lesson, lambda: build_detector(recipe, learned), batches, part, folder, seed=recipe.seed)

    return load_average(build_detector(recipe), train_to_end(folder, recipe.training.keep, fit))


def make_batches(
    recipe: DetectionRecipe, pictures: Sequence[BoxedPicture], repeats: Sequence[int]
) -> PieceBatches | WholeBatches:
    """Batches as the recipe's network sees them."""
    batch_size, seed = recipe.training.batch_size, recipe.seed
    if recipe.view.pixel_size_um is None:
        return WholeBatches(pictures, repeats, recipe.view.width, recipe.augmentation, batch_size, seed)
    return PieceBatches(
        pictures, repeats, recipe.view.pixel_size_um, recipe.crops, recipe.augmentation, batch_size, seed
    )

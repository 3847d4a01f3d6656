"""A whole run of a segmenter: which windows it learns from, and the network that comes out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from leukoscope.errors import RecipeError
from leukoscope.modeling.segmentation.batches import WindowBatches, Windows
from leukoscope.modeling.segmentation.lesson import segmenter_lesson
from leukoscope.modeling.segmentation.network import CellUNet
from leukoscope.modeling.segmentation.recipe import SegmentationRecipe
from leukoscope.modeling.training.averaging import load_average
from leukoscope.modeling.training.checkpoints import train_to_end
from leukoscope.modeling.training.look_run import fit_by_looks


def train_segmenter(
    recipe: SegmentationRecipe, learned: Windows, repeats: Sequence[int], watched: Windows, folder: Path
) -> CellUNet:
    """Train a segmenter, or go on with a run that was interrupted.

    Args:
        recipe: What to train.
        learned: Windows to learn from, `WIDER` than what the network is shown.
        repeats: How often each of them is shown per epoch.
        watched: Windows on which the epoch may be chosen, at the network's own size.
        folder: Run folder; `checkpoints/` and `curves/` appear in it.

    Returns:
        The averaged network of the epoch the recipe keeps.

    Raises:
        RecipeError: There is nothing to learn from or to watch, or the loss is no number any more.
        KeyboardInterrupt: Ctrl-C before the first epoch ended.
    """
    if not len(learned) or not len(watched):
        raise RecipeError("A segmenter needs cells to learn from and others to watch.", hint="Look at the split.")

    def fit() -> None:
        part, side = recipe.training, recipe.window.side
        batches = WindowBatches(learned, repeats, side, recipe.augmentation, part.batch_size, recipe.seed)
        lesson = segmenter_lesson(watched)
        fit_by_looks(lesson, lambda: _build(recipe, learned), batches, part, folder, seed=recipe.seed)

    kept = train_to_end(folder, recipe.training.keep, fit)
    return load_average(CellUNet(recipe.network.widths, recipe.network.fine), kept)


def _build(recipe: SegmentationRecipe, learned: Windows) -> CellUNet:
    sample = learned.pictures[:, ::8, ::8].reshape(-1, 3) / 255
    mean, spread = tuple(sample.mean(0).tolist()), tuple(sample.std(0).tolist())
    return CellUNet(recipe.network.widths, recipe.network.fine, mean, spread)

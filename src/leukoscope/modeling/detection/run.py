"""A whole run of a detector: network, batches, checkpoints; one that was killed goes on where its last epoch ended."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint

from leukoscope.data.boxed_pictures import BoxedPicture
from leukoscope.errors import RecipeError
from leukoscope.modeling.detection.batches import DetectionBatches, PieceBatches, WholeBatches
from leukoscope.modeling.detection.building import build_detector, load_detector
from leukoscope.modeling.detection.curves import DetectorCurves
from leukoscope.modeling.detection.loop import SCORE, DetectorLoop
from leukoscope.modeling.detection.network import Detector
from leukoscope.modeling.detection.recipe import DetectionRecipe
from leukoscope.modeling.training.interruption import StopByHand, StoppedByHandError

_log = logging.getLogger(__name__)
WATCHING_FLOOR = 0.02
"""Score from which boxes count while training is watched; curves need the unsure ones too."""


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
    checkpoints = folder / "checkpoints"
    finished = checkpoints / "finished"
    if not finished.is_file():
        try:
            _fit(recipe, make_batches(recipe, learned, repeats), learned, watched, folder)
            finished.write_text("All epochs.\n", encoding="utf-8")
        except StoppedByHandError:
            if not (checkpoints / "last.ckpt").is_file():
                raise KeyboardInterrupt from None
            _log.warning("Stopped by hand; what the recipe keeps so far is used. The same command goes on from there.")
    return load_detector(recipe, checkpoints / f"{recipe.training.keep}.ckpt")


def make_batches(recipe: DetectionRecipe, pictures: Sequence[BoxedPicture], repeats: Sequence[int]) -> DetectionBatches:
    """Batches as the recipe's network sees them."""
    batch_size, seed = recipe.training.batch_size, recipe.seed
    if recipe.view.pixel_size_um is None:
        return WholeBatches(pictures, repeats, recipe.view.width, recipe.augmentation, batch_size, seed)
    return PieceBatches(
        pictures, repeats, recipe.view.pixel_size_um, recipe.crops, recipe.augmentation, batch_size, seed
    )


def _fit(
    recipe: DetectionRecipe,
    batches: DetectionBatches,
    learned: Sequence[BoxedPicture],
    watched: Sequence[BoxedPicture],
    folder: Path,
) -> None:
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # it advertises other products
    lightning.seed_everything(recipe.seed, verbose=False)
    # In this memory order convolutions are fastest on a processor.
    network = build_detector(recipe, learned).to(memory_format=torch.channels_last)
    view = recipe.view.detector_view(WATCHING_FLOOR)
    loop = DetectorLoop(recipe, network, watched, view, len(batches) * recipe.training.epochs)
    by_hand = StopByHand()
    trainer = _trainer(recipe, folder, by_hand)
    last = folder / "checkpoints" / "last.ckpt"
    with by_hand.listening():
        trainer.fit(loop, batches, ckpt_path=last if last.is_file() else None, weights_only=True)


def _trainer(recipe: DetectionRecipe, folder: Path, by_hand: StopByHand) -> lightning.Trainer:
    part = recipe.training
    common: dict[str, Any] = {"dirpath": folder / "checkpoints", "enable_version_counter": False}
    best = ModelCheckpoint(
        **common,
        filename="best",
        monitor=SCORE,
        mode="max",
        every_n_epochs=part.look_every,
        save_on_train_epoch_end=True,
    )
    last = ModelCheckpoint(**common, filename="last", monitor=None, every_n_epochs=1, save_on_train_epoch_end=True)
    return lightning.Trainer(
        max_epochs=part.epochs,
        accelerator=part.accelerator,
        devices=1,
        precision=part.precision,
        logger=False,
        callbacks=[DetectorCurves(folder), by_hand, best, last],
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        gradient_clip_val=part.clip or None,
        use_distributed_sampler=False,
    )

"""A whole run of a segmenter: windows, checkpoints; one that was killed goes on where its last epoch ended."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor

from leukoscope.errors import RecipeError
from leukoscope.modeling.segmentation.batches import WindowBatches, Windows
from leukoscope.modeling.segmentation.curves import SegmenterCurves
from leukoscope.modeling.segmentation.loop import SCORE, SegmenterLoop
from leukoscope.modeling.segmentation.network import CellUNet
from leukoscope.modeling.segmentation.recipe import SegmentationRecipe
from leukoscope.modeling.training.interruption import StopByHand, StoppedByHandError

_log = logging.getLogger(__name__)
_AVERAGE = "average.module."


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
    checkpoints = folder / "checkpoints"
    finished = checkpoints / "finished"
    if not finished.is_file():
        try:
            _fit(recipe, learned, repeats, watched, folder)
            finished.write_text("All epochs.\n", encoding="utf-8")
        except StoppedByHandError:
            if not (checkpoints / "last.ckpt").is_file():
                raise KeyboardInterrupt from None
            _log.warning("Stopped by hand; what the recipe keeps so far is used. The same command goes on from there.")
    return load_segmenter(recipe, checkpoints / f"{recipe.training.keep}.ckpt")


def load_segmenter(recipe: SegmentationRecipe, checkpoint: Path) -> CellUNet:
    """The averaged network of a checkpoint, ready to answer."""
    state: dict[str, Tensor] = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    network = CellUNet(recipe.network.widths, recipe.network.fine)
    network.load_state_dict({k.removeprefix(_AVERAGE): v for k, v in state.items() if k.startswith(_AVERAGE)})
    return network.eval()


def _fit(recipe: SegmentationRecipe, learned: Windows, repeats: Sequence[int], watched: Windows, folder: Path) -> None:
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # it advertises other products
    lightning.seed_everything(recipe.seed, verbose=False)
    sample = learned.pictures[:, ::8, ::8].reshape(-1, 3) / 255
    coloring = tuple(sample.mean(0).tolist()), tuple(sample.std(0).tolist())
    # In this memory order convolutions are fastest on a processor.
    network = CellUNet(recipe.network.widths, recipe.network.fine, *coloring).to(memory_format=torch.channels_last)
    part = recipe.training
    batches = WindowBatches(learned, repeats, recipe.window.side, recipe.augmentation, part.batch_size, recipe.seed)
    loop = SegmenterLoop(recipe, network, watched, len(batches) * part.epochs)
    by_hand = StopByHand()
    last = folder / "checkpoints" / "last.ckpt"
    with by_hand.listening():
        _trainer(recipe, folder, by_hand).fit(
            loop, batches, ckpt_path=last if last.is_file() else None, weights_only=True
        )


def _trainer(recipe: SegmentationRecipe, folder: Path, by_hand: StopByHand) -> lightning.Trainer:
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
        callbacks=[SegmenterCurves(folder), by_hand, best, last],
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        gradient_clip_val=part.clip or None,
        use_distributed_sampler=False,
    )

"""A whole run: network, loop, checkpoints; a run that was killed goes on where its last epoch ended."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.strategies import DDPStrategy
from torch import Tensor

from leukoscope.data.pictures import PictureSet
from leukoscope.errors import RecipeError
from leukoscope.modeling.batches import PlainBatches, ShuffledBatches
from leukoscope.modeling.networks.building import build_network
from leukoscope.modeling.networks.color_normalization import reference_of
from leukoscope.modeling.networks.network import Coloring, Network
from leukoscope.modeling.recipes import Recipe, TrainingPart
from leukoscope.modeling.training.averaging import first_weights_share, load_average
from leukoscope.modeling.training.checkpoints import CHECKPOINTS, last_epoch, train_to_end
from leukoscope.modeling.training.curves import Curves
from leukoscope.modeling.training.interruption import StopByHand
from leukoscope.modeling.training.loop import Loop
from leukoscope.modeling.training.memory import MemoryKept
from leukoscope.modeling.training.watch import Watch

_log = logging.getLogger(__name__)
VALIDATION_BATCH = 128
_MONITORED = "validation_score"
_MUCH_OF_THE_FIRST = 0.05


def train(
    recipe: Recipe,
    train_set: PictureSet,
    validation_set: PictureSet,
    folder: Path,
    start: Path | None = None,
    watchers: Sequence[lightning.Callback] = (),
) -> Network:
    """Train a network, or go on with a run that was interrupted.

    Ctrl-C ends the run after the batch at hand; what the recipe keeps of the epochs so far is returned, and calling
    again goes on from the last whole epoch.

    Args:
        recipe: What to train.
        train_set: Pictures to learn from, at `recipe.training.stored_side`.
        validation_set: Pictures to watch, at the input's side.
        folder: Run folder; `checkpoints/` and `curves/` appear in it.
        start: Checkpoint of another run whose averaged weights to start from.
        watchers: Look at each epoch after its row was written; an error of theirs ends the run.

    Returns:
        The averaged network of the epoch the recipe keeps: the last, or the one that is best by `training.monitor`.

    Raises:
        RecipeError: A class has no picture, the network cannot be made, or the loss is no number any more.
        KeyboardInterrupt: Ctrl-C before the first epoch ended.
    """
    kept = train_to_end(
        folder, recipe.training.keep, lambda: _fit(recipe, train_set, validation_set, folder, start, watchers)
    )
    return load_network(recipe, kept)


def threads_in_use() -> int:
    """Threads of torch on this processor; sums are added in another order with another number of them."""
    return torch.get_num_threads()


def load_network(recipe: Recipe, checkpoint: Path) -> Network:
    """The averaged network of a checkpoint, ready to answer."""
    return load_average(build_network(recipe.network, len(recipe.labels), recipe.input.width, fetch=False), checkpoint)


def _fit(
    recipe: Recipe,
    train_set: PictureSet,
    validation_set: PictureSet,
    folder: Path,
    start: Path | None,
    watchers: Sequence[lightning.Callback],
) -> None:
    part = recipe.training
    counts = _count(recipe, train_set)
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # it advertises other products
    lightning.seed_everything(recipe.seed, verbose=False)
    batches = ShuffledBatches(train_set, part.batch_size, recipe.seed, balance=part.balance_classes)
    # A network that goes on from another run stays as it answers: statistics of normalizations held, no dropout.
    network = _network(recipe, train_set) if start is None else load_network(recipe, start)
    steps = -(-len(batches) // part.accumulate) * part.epochs
    _warn_of_first_weights(part, steps)
    loop = Loop(recipe, network.to(memory_format=torch.channels_last), counts, steps)
    by_hand = StopByHand()
    trainer = _trainer(recipe, folder, by_hand, watchers)
    with by_hand.listening():
        trainer.fit(
            loop,
            batches,
            PlainBatches(validation_set, VALIDATION_BATCH),
            ckpt_path=last_epoch(folder),
            weights_only=True,
        )
    if part.nodes > 1 and trainer.global_rank:
        sys.exit(0)  # the first process alone goes on to write the bundle


def _warn_of_first_weights(part: TrainingPart, steps: int) -> None:
    share = first_weights_share(part, steps)
    if share > _MUCH_OF_THE_FIRST:
        _log.warning(
            "A run of %d steps is short for training.average_decay = %g: %.0f %% of the averaged weights, which are "
            "kept, will be those after the first step. Set training.average_warmup = true, or a smaller decay.",
            steps,
            part.average_decay,
            100 * share,
        )


def _trainer(
    recipe: Recipe, folder: Path, by_hand: StopByHand, watchers: Sequence[lightning.Callback]
) -> lightning.Trainer:
    part = recipe.training
    # `save_last` would only copy the best so far; a killed run must go on from its last epoch.
    common: dict[str, Any] = {"dirpath": folder / CHECKPOINTS, "enable_version_counter": False}
    callbacks: list[lightning.Callback] = [
        Curves(folder, Watch([label.name for label in recipe.labels], stalled_after=max(8, part.epochs // 5))),
        *watchers,
        by_hand,
        MemoryKept(),
        ModelCheckpoint(**common, filename="best", monitor=_MONITORED, mode="max"),
        ModelCheckpoint(**common, filename="last", monitor=None, every_n_epochs=1),
    ]
    if part.patience is not None:
        callbacks.append(EarlyStopping(_MONITORED, mode="max", patience=part.patience))
    return lightning.Trainer(
        max_epochs=part.epochs,
        accelerator=part.accelerator,
        devices=part.devices,
        num_nodes=part.nodes,
        strategy=_strategy(part),
        precision=part.precision,
        accumulate_grad_batches=part.accumulate,
        logger=TensorBoardLogger(folder, name="curves", version="tensorboard"),
        callbacks=callbacks,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        log_every_n_steps=10,
        gradient_clip_val=part.clip or None,
        use_distributed_sampler=False,
    )


def _strategy(part: TrainingPart) -> Any:
    if part.devices * part.nodes == 1:
        return "auto"
    # Within one machine the command itself starts the processes, so that it alone goes on to write the bundle.
    method: Literal["popen", "spawn"] = "spawn" if part.nodes == 1 else "popen"
    return DDPStrategy(start_method=method, find_unused_parameters=bool(part.frozen_epochs))


def _count(recipe: Recipe, pictures: PictureSet) -> Tensor:
    counts = np.bincount(pictures.targets, minlength=len(recipe.labels))
    absent = [label.name for label, count in zip(recipe.labels, counts, strict=True) if not count]
    if absent:
        raise RecipeError(
            f"The training part holds no picture of {', '.join(absent)}.", hint="Join classes with [data.classes]."
        )
    return torch.from_numpy(counts)


def _network(recipe: Recipe, pictures: PictureSet) -> Network:
    chosen = pictures.images[:: max(1, len(pictures.images) // 500)]
    sample = chosen.reshape(-1, 3) / 255
    of_set = Coloring(tuple(sample.mean(0).tolist()), tuple(sample.std(0).tolist()))
    if recipe.network.color_normalization != "none":
        of_set = replace(of_set, reference=reference_of(chosen))
    return build_network(recipe.network, len(recipe.labels), recipe.input.width, of_set)

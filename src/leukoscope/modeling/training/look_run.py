"""A whole run of a detector or a segmenter; one that was killed goes on where its last epoch ended."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint

from leukoscope.modeling.annotated_recipe import LookedTraining
from leukoscope.modeling.training.checkpoints import CHECKPOINTS, last_epoch
from leukoscope.modeling.training.interruption import StopByHand
from leukoscope.modeling.training.look_curves import LookCurves
from leukoscope.modeling.training.looks import Batches, Lesson, LookingLoop, Network


def fit_by_looks(
    lesson: Lesson[Network],
    build: Callable[[], Network],
    batches: Batches,
    part: LookedTraining,
    folder: Path,
    *,
    seed: int,
) -> None:
    """Train a network, or go on after its last whole epoch.

    Args:
        lesson: What it learns.
        build: Makes the network; its first weights are drawn from `seed`.
        batches: What it learns from.
        part: How it learns.
        folder: Run folder; `checkpoints/` and `curves/` appear in it.
        seed: Of all randomness.

    Raises:
        RecipeError: The loss is no number any more.
        StoppedByHandError: Ctrl-C.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # it advertises other products
    lightning.seed_everything(seed, verbose=False)
    # In this memory order convolutions are fastest on a processor.
    network = build().to(memory_format=torch.channels_last)
    loop = LookingLoop(lesson, network, part, seed, len(batches) * part.epochs)
    by_hand = StopByHand()
    callbacks = [LookCurves(folder, lesson), by_hand, *_checkpoints(folder, lesson.score, part.look_every)]
    trainer = _trainer(part, callbacks)
    with by_hand.listening():
        trainer.fit(loop, batches, ckpt_path=last_epoch(folder), weights_only=True)


def _checkpoints(folder: Path, score: str, look_every: int) -> tuple[ModelCheckpoint, ModelCheckpoint]:
    common: dict[str, Any] = {
        "dirpath": folder / CHECKPOINTS, "enable_version_counter": False, "save_on_train_epoch_end": True
    }  # fmt: skip
    best = ModelCheckpoint(**common, filename="best", monitor=score, mode="max", every_n_epochs=look_every)
    return best, ModelCheckpoint(**common, filename="last", monitor=None, every_n_epochs=1)


def _trainer(part: LookedTraining, callbacks: list[lightning.Callback]) -> lightning.Trainer:
    return lightning.Trainer(
        max_epochs=part.epochs,
        accelerator=part.accelerator,
        devices=1,
        precision=part.precision,
        logger=False,
        callbacks=callbacks,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        gradient_clip_val=part.clip or None,
        use_distributed_sampler=False,
    )

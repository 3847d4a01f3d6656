"""One step and one look: what a detector learns from a batch, and how it does on the validation part."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel

from leukoscope.data.boxed_pictures import BoxedPicture
from leukoscope.errors import RecipeError
from leukoscope.evaluation.boxes import average_precision, match_pictures
from leukoscope.imaging.tiles import DetectorView
from leukoscope.modeling.detection.answering import find_objects
from leukoscope.modeling.detection.network import Detector, Target
from leukoscope.modeling.detection.recipe import DetectionRecipe

SCORE = "validation_ap50"


class DetectorLoop(lightning.LightningModule):
    """A detector while it learns, beside the running average of its weights.

    Args:
        recipe: How it learns.
        network: What learns.
        watched: Validation pictures, whole.
        view: How they are shown and read.
        steps: Steps of the optimizer in the whole run.

    Attributes:
        looked_in: The last epoch in which the validation part was looked at, from 1; 0 before the first look.
    """

    def __init__(
        self,
        recipe: DetectionRecipe,
        network: Detector,
        watched: Sequence[BoxedPicture],
        view: DetectorView,
        steps: int,
    ) -> None:
        super().__init__()
        self.recipe, self.network = recipe, network
        decay = recipe.training.average_decay
        self.average = AveragedModel(network, multi_avg_fn=partial(_move_average, decay=decay), use_buffers=True)
        self.average.requires_grad_(False)
        self.looked_in = 0
        self._watched, self._view, self._steps = watched, view, steps

    def on_train_epoch_start(self) -> None:
        """Draw this epoch's random numbers from seed and epoch."""
        batches: Any = self.trainer.train_dataloader
        batches.take_turn(self.current_epoch)
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.current_epoch)  # dropout draws from the global generator

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Pictures go to the device; boxes stay where the loss draws its maps."""
        pictures, targets = batch
        return pictures.to(device, memory_format=torch.channels_last), targets

    def training_step(self, batch: tuple[Tensor, list[Target]], index: int) -> Tensor:
        """The loss of a batch.

        Raises:
            RecipeError: The loss is no number.
        """
        loss = self.network.loss(*batch)
        if not torch.isfinite(loss):
            raise RecipeError(
                f"The loss became {float(loss)} in epoch {self.current_epoch + 1}, batch {index + 1}: the weights have "
                "run away. The last whole epoch is kept.",
                hint="Lower training.learning_rate or set training.clip; then give another --out.",
            )
        self.log("train_loss", loss.detach(), on_step=False, on_epoch=True, batch_size=len(batch[0]))
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Average after each step; after the last one of every so many epochs, look at the validation part."""
        self.average.update_parameters(self.network)
        epoch, part = self.current_epoch + 1, self.recipe.training
        is_last = batch_idx + 1 == self.trainer.num_training_batches
        if is_last and (epoch % part.look_every == 0 or epoch == part.epochs):
            self._look()

    def _look(self) -> None:
        self.looked_in = self.current_epoch + 1
        self.average.eval()
        averaged: Any = self.average.module
        found = find_objects(averaged, self._watched, self._view)
        marked = [one.marked for one in self._watched]
        classes = [match_pictures(found, marked, label, (0.5,)) for label in range(len(self.recipe.labels))]
        precisions = [average_precision(one, 0.5) for one in classes]
        for label, value in zip(self.recipe.classes, precisions, strict=True):
            self.log(f"{SCORE}_{label}", value, on_step=False, on_epoch=True, batch_size=1)
        mean = float(np.nanmean(precisions)) if np.isfinite(precisions).any() else 0.0
        self.log(SCORE, mean, on_step=False, on_epoch=True, batch_size=1)

    def configure_optimizers(self) -> Any:
        """As the recipe says; biases and normalizations do not decay."""
        part = self.recipe.training
        heavy = [weight for weight in self.network.parameters() if weight.ndim > 1]
        light = [weight for weight in self.network.parameters() if weight.ndim <= 1]
        groups = [{"params": heavy, "weight_decay": part.weight_decay}, {"params": light, "weight_decay": 0.0}]
        kind = torch.optim.AdamW if part.optimizer == "adamw" else torch.optim.Adam
        optimizer = kind(groups, lr=part.learning_rate)
        if part.schedule == "constant":
            return optimizer
        rise = min(max(part.warmup, 3 / self._steps), 0.9)
        cycle = OneCycleLR(optimizer, max_lr=part.learning_rate, total_steps=self._steps + 1, pct_start=rise)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}


@torch.no_grad()
def _move_average(average: list[Tensor], current: list[Tensor], count: Tensor, *, decay: float) -> None:
    """Move the average a step; it follows faster at the start, when it would still be made of random weights."""
    steps = float(count)
    now = min(decay, (1 + steps) / (10 + steps))
    if torch.is_floating_point(average[0]):
        torch._foreach_lerp_(average, current, 1 - now)
    else:
        for old, new in zip(average, current, strict=True):
            old.copy_(new)

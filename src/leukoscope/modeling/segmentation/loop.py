"""One step and one look: what a segmenter learns from a batch, and how well it outlines the validation part."""

from __future__ import annotations

from functools import partial
from typing import Any

import lightning
import torch
from torch import Tensor
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel

from leukoscope.errors import RecipeError
from leukoscope.modeling.segmentation.batches import Windows
from leukoscope.modeling.segmentation.network import CellUNet, mask_loss
from leukoscope.modeling.segmentation.recipe import SegmentationRecipe

SCORE = "validation_dice"
MAPS = ("nucleus", "cell")
_BATCH = 32


class SegmenterLoop(lightning.LightningModule):
    """A segmenter while it learns, beside the running average of its weights.

    Args:
        recipe: How it learns.
        network: What learns.
        watched: Validation windows, at the size the network is shown.
        steps: Steps of the optimizer in the whole run.

    Attributes:
        looked_in: The last epoch in which the validation part was looked at, from 1; 0 before the first look.
    """

    def __init__(self, recipe: SegmentationRecipe, network: CellUNet, watched: Windows, steps: int) -> None:
        super().__init__()
        self.recipe, self.network = recipe, network
        decay = recipe.training.average_decay
        self.average = AveragedModel(network, multi_avg_fn=partial(_move_average, decay=decay), use_buffers=True)
        self.average.requires_grad_(False)
        self.looked_in = 0
        self._watched, self._steps = watched, steps

    def on_train_epoch_start(self) -> None:
        """Draw this epoch's random numbers from seed and epoch."""
        batches: Any = self.trainer.train_dataloader
        batches.take_turn(self.current_epoch)

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        """The loss of a batch.

        Raises:
            RecipeError: The loss is no number.
        """
        windows, masks = batch
        loss = mask_loss(self.network(windows.contiguous(memory_format=torch.channels_last)).float(), masks)
        if not torch.isfinite(loss):
            raise RecipeError(
                f"The loss became {float(loss)} in epoch {self.current_epoch + 1}, batch {index + 1}: the weights have "
                "run away. The last whole epoch is kept.",
                hint="Lower training.learning_rate or set training.clip; then give another --out.",
            )
        self.log("train_loss", loss.detach(), on_step=False, on_epoch=True, batch_size=len(windows))
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
        means = mean_dice(averaged, self._watched)
        for name, value in zip(MAPS, means, strict=True):
            self.log(f"{SCORE}_{name}", value, on_step=False, on_epoch=True, batch_size=1)
        self.log(SCORE, sum(means) / len(means), on_step=False, on_epoch=True, batch_size=1)

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


def mean_dice(network: CellUNet, windows: Windows) -> tuple[float, float]:
    """Mean Dice of nuclei and of cells over windows, by the pixels of the network."""
    scores = []
    with torch.inference_mode():
        for start in range(0, len(windows), _BATCH):
            pictures = torch.from_numpy(windows.pictures[start : start + _BATCH]).permute(0, 3, 1, 2).float() / 255
            found = network(pictures.contiguous(memory_format=torch.channels_last)) > 0
            true = torch.from_numpy(windows.masks[start : start + _BATCH]) > 127
            shared, both = (found & true).sum((2, 3)), found.sum((2, 3)) + true.sum((2, 3))
            scores.append(torch.where(both > 0, 2 * shared / both.clamp(min=1), 1.0))
    nucleus, cell = torch.cat(scores).mean(0).tolist()
    return float(nucleus), float(cell)


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

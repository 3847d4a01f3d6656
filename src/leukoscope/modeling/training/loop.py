"""One step and one look: what happens with a batch, and what is kept of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torchvision.transforms.v2 import CutMix, MixUp, RandomChoice  # type: ignore[import-untyped]  # ships no types

from leukoscope.evaluation.metrics import accuracy, balanced_accuracy, macro_f1
from leukoscope.modeling.augmentation.on_the_fly import augment
from leukoscope.modeling.networks.network import Network
from leukoscope.modeling.recipes import Monitor, Recipe
from leukoscope.modeling.training.averaging import averaged
from leukoscope.modeling.training.curves import count_answers
from leukoscope.modeling.training.losses import demand_finite, loss_of, weights_of_classes
from leukoscope.modeling.training.steps import freeze_below_head, make_optimizer, make_schedule

_LOSS_WEIGHT = 1e-3
"""In the score that picks the epoch; less than what one of 1,000 pictures counts, so the loss decides only ties."""


class Loop(lightning.LightningModule):
    """A network while it learns, beside the running average of its weights.

    Everything random is drawn anew from seed and epoch, so a run that goes on repeats what a whole run did.

    Args:
        recipe: How it learns.
        network: What learns.
        counts: Training pictures of each class, shape (classes,).
        steps: Steps of the optimizer in the whole run.
    """

    class_weights: Tensor | None
    confusion: Tensor

    def __init__(self, recipe: Recipe, network: Network, counts: Tensor, steps: int) -> None:
        super().__init__()
        self.recipe = recipe
        self.network = network
        part = recipe.training
        self.average = averaged(network, part.average_decay, warmup=part.average_warmup)
        weights = weights_of_classes(counts) if part.class_weights else None
        self.register_buffer("class_weights", weights, persistent=False)
        classes = len(recipe.labels)
        self.register_buffer("confusion", torch.zeros(classes, classes, dtype=torch.long), persistent=False)
        self._loss_sum = 0.0
        self._steps = steps
        self._mix = _mixer(recipe)

    def on_train_epoch_start(self) -> None:
        """Draw this epoch's random numbers from seed and epoch; hold what is frozen."""
        seed = self.recipe.seed * 1_000_003 + self.current_epoch
        self._generator = torch.Generator().manual_seed(seed + 7919 * self.global_rank)
        torch.manual_seed(seed + 7919 * self.global_rank)  # dropout and mixing draw from the global generator
        batches: Any = self.trainer.train_dataloader
        batches.take_turn(self.current_epoch, self.global_rank, self.trainer.world_size)
        if self.recipe.training.frozen_epochs:
            freeze_below_head(self.network, frozen=self.current_epoch < self.recipe.training.frozen_epochs)

    def on_before_batch_transfer(self, batch: tuple[Tensor, Tensor], dataloader_idx: int) -> tuple[Tensor, Tensor]:
        """Change the pictures, on the processor, while the clock for data runs."""
        pictures, targets = batch
        if not self.trainer.training:
            return pictures.float() / 255, targets
        changed = augment(pictures, self.recipe.augmentation, self.recipe.input.width, self._generator)
        if self._mix is not None:
            changed, targets = self._mix(changed, targets)
        return changed.contiguous(memory_format=torch.channels_last), targets

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        """The loss of a batch.

        Raises:
            RecipeError: The loss is no number.
        """
        pictures, targets = batch
        logits = self.network(pictures).float()
        loss = loss_of(logits, targets, self.recipe.training, self.class_weights)
        demand_finite(loss, self.current_epoch, index)
        true = targets.argmax(1) if targets.ndim == 2 else targets
        right = (logits.argmax(1) == true).float().mean()
        self.log_dict({"train_loss": loss.detach(), "train_accuracy": right}, on_step=False, on_epoch=True)
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Average after each step of the optimizer."""
        last = batch_idx + 1 == self.trainer.num_training_batches
        if (batch_idx + 1) % self.recipe.training.accumulate == 0 or last:
            self.average.update_parameters(self.network)

    def on_validation_epoch_start(self) -> None:
        """Nothing was answered yet."""
        self.confusion.zero_()
        self._loss_sum = 0.0

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        """What the averaged network answers."""
        pictures, targets = batch
        logits = self.average(pictures.contiguous(memory_format=torch.channels_last)).float()
        self._loss_sum += float(nn.functional.cross_entropy(logits, targets, reduction="sum"))
        self.confusion += count_answers(logits, targets, len(self.confusion))

    def on_validation_epoch_end(self) -> None:
        """How good the epoch is, and the score by which one is kept."""
        counts = self.confusion.cpu().numpy()
        loss = self._loss_sum / int(counts.sum())
        figures = {
            "validation_loss": loss,
            "validation_accuracy": accuracy(counts),
            "validation_balanced_accuracy": balanced_accuracy(counts),
            "validation_macro_f1": macro_f1(counts),
        }
        self.log_dict(figures | {"validation_score": score_of(figures, self.recipe.training.monitor)})

    def configure_optimizers(self) -> Any:
        """Optimizer and schedule as the recipe says."""
        optimizer = make_optimizer(self.network, self.recipe.training)
        schedule = make_schedule(optimizer, self.recipe.training, self._steps)
        return {"optimizer": optimizer} if schedule is None else {"optimizer": optimizer, "lr_scheduler": schedule}


def score_of(figures: Mapping[str, float], monitor: Monitor) -> float:
    """The score by which an epoch is kept; higher is better, and at a tie the lower loss decides.

    Example:
        >>> figures = {"validation_loss": 0.5, "validation_accuracy": 0.9}
        >>> round(score_of(figures, "accuracy"), 4), score_of(figures, "loss")
        (0.8995, -0.5)
    """
    loss = figures["validation_loss"]
    if monitor == "loss":
        return -loss
    return figures[f"validation_{monitor.replace('-', '_')}"] - _LOSS_WEIGHT * loss


def _mixer(recipe: Recipe) -> Any:
    classes, part = len(recipe.labels), recipe.training
    mixers = [
        kind(alpha=alpha, num_classes=classes) for kind, alpha in ((MixUp, part.mixup), (CutMix, part.cutmix)) if alpha
    ]
    return RandomChoice(mixers) if mixers else None

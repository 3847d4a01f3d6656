"""The loop of detectors and segmenters: one step, and a look at the validation part after every so many epochs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import lightning
import torch
from torch import Tensor, nn

from leukoscope.modeling.annotated_recipe import LookedTraining
from leukoscope.modeling.training.averaging import averaged
from leukoscope.modeling.training.losses import demand_finite
from leukoscope.modeling.training.steps import one_cycle

Network = TypeVar("Network", bound=nn.Module)


class Batches(Protocol):
    """Batches of one epoch, pictures first, the same for the same seed and epoch."""

    def take_turn(self, epoch: int) -> None:
        """Say which epoch comes."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Any]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Lesson(Generic[Network]):
    """What a task learns, and how it is seen whether it learns.

    Attributes:
        loss: Of the network on a batch: pictures in [0, 1], channels last in memory, and what is true of them.
        look: Figures of the averaged network on the validation part, by name; `score` is among them.
        score: Name of the figure by which the best epoch is kept.
        columns: Of `curves/metrics.csv`, epoch first.
        told: A look's figures in words.
        nothing: What is said when the score is still 0 after a third of the epochs.
    """

    loss: Callable[[Network, Tensor, Any], Tensor]
    look: Callable[[Network], Mapping[str, float]]
    score: str
    columns: tuple[str, ...]
    told: Callable[[Mapping[str, float]], str]
    nothing: str


class LookingLoop(lightning.LightningModule, Generic[Network]):
    """A network while it learns, beside the running average of its weights.

    Args:
        lesson: What it learns.
        network: What learns.
        part: How it learns.
        seed: Of the run.
        steps: Steps of the optimizer in the whole run.

    Attributes:
        seen: What the last look found.
        looked_in: The epoch of that look, from 1; 0 before the first.
    """

    def __init__(self, lesson: Lesson[Network], network: Network, part: LookedTraining, seed: int, steps: int) -> None:
        super().__init__()
        self.network = network
        self.average = averaged(network, part.average_decay, warmup=True)
        self.seen: Mapping[str, float] = {}
        self.looked_in = 0
        self._lesson, self._part, self._seed, self._steps = lesson, part, seed, steps

    def on_train_epoch_start(self) -> None:
        """Draw this epoch's random numbers from seed and epoch."""
        batches: Any = self.trainer.train_dataloader
        batches.take_turn(self.current_epoch)
        torch.manual_seed(self._seed * 1_000_003 + self.current_epoch)  # dropout draws from the global generator

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Pictures go to the device; what is true of them follows where the loss wants it."""
        pictures, truth = batch
        return pictures.to(device, memory_format=torch.channels_last), truth

    def training_step(self, batch: tuple[Tensor, Any], index: int) -> Tensor:
        """The loss of a batch.

        Raises:
            RecipeError: The loss is no number.
        """
        loss = self._lesson.loss(self.network, *batch)
        demand_finite(loss, self.current_epoch, index)
        self.log("train_loss", loss.detach(), on_step=False, on_epoch=True, batch_size=len(batch[0]))
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Average after each step; after the last one of every so many epochs, look at the validation part."""
        self.average.update_parameters(self.network)
        epoch, part = self.current_epoch + 1, self._part
        is_last = batch_idx + 1 == self.trainer.num_training_batches
        if is_last and (epoch % part.look_every == 0 or epoch == part.epochs):
            self._look()

    def _look(self) -> None:
        self.looked_in = self.current_epoch + 1
        self.average.eval()
        network: Any = self.average.module
        self.seen = self._lesson.look(network)
        for name, value in self.seen.items():
            self.log(name, value, on_step=False, on_epoch=True, batch_size=1)

    def configure_optimizers(self) -> Any:
        """As the recipe says; biases and normalizations do not decay."""
        part, weights = self._part, list(self.network.parameters())
        groups = [
            {"params": [one for one in weights if one.ndim > 1], "weight_decay": part.weight_decay},
            {"params": [one for one in weights if one.ndim <= 1], "weight_decay": 0.0},
        ]
        kind = torch.optim.AdamW if part.optimizer == "adamw" else torch.optim.Adam
        optimizer = kind(groups, lr=part.learning_rate)
        if part.schedule == "constant":
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": one_cycle(optimizer, part.warmup, self._steps)}

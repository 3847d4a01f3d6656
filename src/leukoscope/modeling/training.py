"""The loop: Lightning drives, the weights are averaged, a killed run goes on where its last epoch ended."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from leukoscope.data.pictures import PictureSet
from leukoscope.modeling.augmentation.on_the_fly import augment
from leukoscope.modeling.batches import PlainBatches, ShuffledBatches
from leukoscope.modeling.networks import Network
from leukoscope.modeling.recipes import Recipe

_log = logging.getLogger(__name__)
VALIDATION_BATCH = 128


def train(
    recipe: Recipe, train_set: PictureSet, validation_set: PictureSet, folder: Path, start: Path | None = None
) -> Network:
    """Train a network, or go on with a run that was interrupted.

    Args:
        recipe: What to train.
        train_set: Pictures to learn from, at `recipe.training.stored_side`.
        validation_set: Pictures to watch, at the input's side.
        folder: Run folder; `checkpoints/` and `curves/` appear in it.
        start: Checkpoint of another run whose averaged weights to start from.

    Returns:
        The averaged network of the epoch the recipe keeps: the last, or the one with the best validation accuracy (at a
        tie the lower loss decides).
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # it advertises other products
    lightning.seed_everything(recipe.seed, verbose=False)
    batches = ShuffledBatches(
        train_set, recipe.training.batch_size, recipe.seed, balance=recipe.training.balance_classes
    )
    loop = _Loop(
        recipe,
        _network(recipe, train_set) if start is None else load_network(recipe, start),
        steps=len(batches) * recipe.training.epochs,
    )
    # `save_last` would only copy the best so far; a killed run must go on from its last epoch.
    common: dict[str, Any] = {"dirpath": folder / "checkpoints", "enable_version_counter": False}
    best = ModelCheckpoint(**common, filename="best", monitor="validation_score", mode="max")
    latest = ModelCheckpoint(**common, filename="last", monitor=None, every_n_epochs=1)
    trainer = lightning.Trainer(
        max_epochs=recipe.training.epochs,
        accelerator="cpu",
        precision=recipe.training.precision,
        logger=CSVLogger(folder, name="curves", version=""),
        callbacks=[best, latest],
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        log_every_n_steps=10,
        gradient_clip_val=2.0,
        use_distributed_sampler=False,
    )
    last = folder / "checkpoints" / "last.ckpt"
    trainer.fit(
        loop,
        batches,
        PlainBatches(validation_set, VALIDATION_BATCH),
        ckpt_path=last if last.is_file() else None,
        weights_only=True,
    )
    return load_network(recipe, folder / "checkpoints" / f"{recipe.training.keep}.ckpt")


def load_network(recipe: Recipe, checkpoint: Path) -> Network:
    """The averaged network of a checkpoint, ready to answer."""
    state: dict[str, Tensor] = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    prefix = "average.module."
    network = Network(recipe.network, len(recipe.labels))
    network.load_state_dict({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})
    return network.eval()


class _Loop(lightning.LightningModule):
    def __init__(self, recipe: Recipe, network: Network, steps: int) -> None:
        super().__init__()
        self.recipe = recipe
        self.network = network
        decay = get_ema_multi_avg_fn(recipe.training.average_decay)  # type: ignore[no-untyped-call]  # torch lacks it
        self.average = AveragedModel(network, multi_avg_fn=decay, use_buffers=True)
        self._steps = steps
        self._generator = torch.Generator()

    def on_train_epoch_start(self) -> None:
        self._generator.manual_seed(self.recipe.seed * 1_000_003 + self.current_epoch)
        # Dropout draws from the global generator: seeded by epoch, a resumed run repeats it.
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.current_epoch)
        batches: Any = self.trainer.train_dataloader
        batches.epoch = self.current_epoch

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            pictures = augment(batch[0], self.recipe.augmentation, self.recipe.input.width, self._generator)
        logits = self.network(pictures.contiguous(memory_format=torch.channels_last)).float()
        loss = nn.functional.cross_entropy(logits, batch[1], label_smoothing=self.recipe.training.label_smoothing)
        right = (logits.argmax(1) == batch[1]).float().mean()
        self.log_dict({"train_loss": loss, "train_accuracy": right}, on_step=False, on_epoch=True)
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.average.update_parameters(self.network)

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        logits = self.average(batch[0].float() / 255).float()
        loss = nn.functional.cross_entropy(logits, batch[1])
        right = (logits.argmax(1) == batch[1]).float().mean()
        score = right - 1e-3 * loss
        values = {"validation_loss": loss, "validation_accuracy": right, "validation_score": score}
        self.log_dict(values, on_epoch=True, batch_size=len(batch[1]))

    def on_validation_epoch_end(self) -> None:
        seen = {name: round(float(value), 4) for name, value in self.trainer.callback_metrics.items()}
        _log.info("epoch %d: %s", self.current_epoch + 1, seen)

    def configure_optimizers(self) -> Any:
        part = self.recipe.training
        weights = [p for p in self.network.parameters() if p.ndim > 1]
        rest = [p for p in self.network.parameters() if p.ndim <= 1]
        groups = [{"params": weights, "weight_decay": part.weight_decay}, {"params": rest, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=part.learning_rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=part.learning_rate,
            total_steps=self._steps + 1,
            pct_start=min(max(part.warmup, 3 / self._steps), 0.9),
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def _network(recipe: Recipe, pictures: PictureSet) -> Network:
    sample = pictures.images[:: max(1, len(pictures.images) // 500)].reshape(-1, 3) / 255
    mean, spread = tuple(sample.mean(0).tolist()), tuple(sample.std(0).tolist())
    network = Network(recipe.network, len(recipe.labels), mean, spread)
    return network.to(memory_format=torch.channels_last)

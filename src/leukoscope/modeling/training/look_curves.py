"""How does the run of a detector or a segmenter go?  A row per epoch, a line in the log, words if it finds nothing."""

from __future__ import annotations

import csv
import logging
from pathlib import Path
from typing import Any

import lightning

from leukoscope.modeling.training.curves import CURVES, WORDS, Pace, read_curves
from leukoscope.modeling.training.looks import Lesson

_log = logging.getLogger(__name__)
_SETTLED = 0.3
"""Share of all epochs after which something must have been found."""


class LookCurves(lightning.Callback):
    """Writes a row per epoch and says it.

    Args:
        folder: Run folder; `curves/metrics.csv` and `curves/watch.txt` appear in it.
        lesson: What is learned.
    """

    def __init__(self, folder: Path, lesson: Lesson[Any]) -> None:
        self._path, self._words = folder / CURVES, folder / WORDS
        self._lesson = lesson
        self._pace = Pace()

    def on_train_epoch_start(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Start the clock."""
        self._pace = Pace()

    def on_train_batch_start(self, trainer: lightning.Trainer, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """The data has come."""
        self._pace.data_came()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count; the clock stops with the last batch, before anything is looked at."""
        self._pace.batch_ended(len(batch[0]))
        if batch_idx + 1 == trainer.num_training_batches:
            self._pace.stop()

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Write the row, say it, and look for faults."""
        # Lightning keeps a figure until it is told a new one; an epoch without a look has none.
        looked = pl_module.looked_in == trainer.current_epoch + 1
        seen = {name: float(trainer.callback_metrics[name]) for name in (pl_module.seen if looked else ())}
        row = self._row(trainer, seen)
        self._write(row)
        epochs, told = int(trainer.max_epochs or 0), f", {self._lesson.told(seen)}" if looked else ""
        left = (epochs - row["epoch"]) * row["seconds"] / 60
        _log.info("epoch %d: loss %.4g%s; %s; %.0f min left", row["epoch"], row["train_loss"], told, self._pace, left)
        if seen.get(self._lesson.score) == 0 and row["epoch"] >= _SETTLED * epochs:
            words = f"Epoch {row['epoch']:.0f}: {self._lesson.nothing}"
            _log.warning(words)
            self._words.write_text(words + "\n", encoding="utf-8")

    def _row(self, trainer: lightning.Trainer, seen: dict[str, float]) -> dict[str, float]:
        known = seen | {
            "epoch": float(trainer.current_epoch + 1),
            "train_loss": float(trainer.callback_metrics["train_loss"]),
            "learning_rate": max(group["lr"] for group in trainer.optimizers[0].param_groups),
            "images_per_s": self._pace.images_per_s,
            "waiting_share": self._pace.waiting_share,
            "seconds": self._pace.seconds(),
        }
        return {name: known.get(name, float("nan")) for name in self._lesson.columns}

    def _write(self, row: dict[str, float]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        kept = [one for one in read_curves(self._path) if one["epoch"] < row["epoch"]]
        with self._path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self._lesson.columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows({name: f"{one[name]:.6g}" for name in self._lesson.columns} for one in (*kept, row))

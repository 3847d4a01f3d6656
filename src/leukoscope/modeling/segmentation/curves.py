"""How does the run of a segmenter go?  One row per epoch and a line in the log."""

from __future__ import annotations

import csv
import logging
from pathlib import Path
from typing import Any

import lightning

from leukoscope.modeling.segmentation.loop import MAPS, SCORE
from leukoscope.modeling.training.curves import CURVES, Pace, read_curves

_log = logging.getLogger(__name__)
_SCORES = (SCORE, *(f"{SCORE}_{name}" for name in MAPS))
COLUMNS = ("epoch", "train_loss", *_SCORES, "learning_rate", "images_per_s", "seconds")


class SegmenterCurves(lightning.Callback):
    """Writes a row per epoch and says it.

    Args:
        folder: Run folder; `curves/metrics.csv` appears in it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / CURVES
        self._pace = Pace()

    def on_train_epoch_start(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Start the clock."""
        self._pace = Pace()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count; the clock stops with the last batch, before anything is looked at."""
        self._pace.batch_ended(len(batch[0]))
        if batch_idx + 1 == trainer.num_training_batches:
            self._pace.stop()

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Write the row and say it."""
        # Lightning keeps a figure until it is told a new one; an epoch without a look has none.
        looked = pl_module.looked_in == trainer.current_epoch + 1
        kept = trainer.callback_metrics.items()
        row = dict.fromkeys(COLUMNS, float("nan"))
        row |= {name: float(value) for name, value in kept if name in COLUMNS and (looked or name not in _SCORES)}
        row |= {
            "epoch": float(trainer.current_epoch + 1),
            "learning_rate": max(group["lr"] for group in trainer.optimizers[0].param_groups),
            "images_per_s": self._pace.images_per_s,
            "seconds": self._pace.seconds(),
        }
        self._write(row)
        seen = f", Dice of nuclei {row[_SCORES[1]]:.3f}, of cells {row[_SCORES[2]]:.3f}" if looked else ""
        left = (int(trainer.max_epochs or 0) - row["epoch"]) * row["seconds"] / 60
        _log.info("epoch %d: loss %.4g%s; %s; %.0f min left", row["epoch"], row["train_loss"], seen, self._pace, left)

    def _write(self, row: dict[str, float]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        kept = [one for one in read_curves(self._path) if one["epoch"] < row["epoch"]]
        with self._path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows({name: f"{one[name]:.6g}" for name in COLUMNS} for one in (*kept, row))

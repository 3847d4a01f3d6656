"""How does the run of a detector go?  One row per epoch, a line in the log, words where it finds nothing."""

from __future__ import annotations

import csv
import logging
from pathlib import Path
from typing import Any

import lightning
import numpy as np

from leukoscope.modeling.detection.loop import SCORE
from leukoscope.modeling.training.curves import Pace, read_curves

_log = logging.getLogger(__name__)
COLUMNS = ("epoch", "train_loss", SCORE, "learning_rate", "images_per_s", "waiting_share", "seconds")
_SETTLED = 0.3
"""Share of all epochs after which a detector must have found something."""
_NOTHING = "Lower training.learning_rate, or look at the boxes of the training part with `leukoscope data describe`."


class DetectorCurves(lightning.Callback):
    """Writes a row per epoch, and says in words where a detector finds nothing.

    Args:
        folder: Run folder; `curves/metrics.csv` and `curves/watch.txt` appear in it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "curves" / "metrics.csv"
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
        row = self._row(trainer, looked=pl_module.looked_in == trainer.current_epoch + 1)
        self._write(row)
        left = (int(trainer.max_epochs or 0) - row["epoch"]) * row["seconds"] / 60
        _log.info(
            "epoch %d: loss %.4g%s; %s; %.0f min left",
            *(row["epoch"], row["train_loss"], _seen(trainer, row[SCORE]), self._pace, left),
        )
        if row[SCORE] == 0 and row["epoch"] >= _SETTLED * int(trainer.max_epochs or 1):
            words = f"Epoch {row['epoch']:.0f}: no marked object of the validation part is found. {_NOTHING}"
            _log.warning(words)
            (self._path.parent / "watch.txt").write_text(words + "\n", encoding="utf-8")

    def _row(self, trainer: lightning.Trainer, *, looked: bool) -> dict[str, float]:
        # Lightning keeps a figure until it is told a new one; an epoch without a look has none.
        kept = trainer.callback_metrics.items()
        seen = {name: float(value) for name, value in kept if looked or not name.startswith(SCORE)}
        own = {
            "epoch": trainer.current_epoch + 1,
            "learning_rate": max(group["lr"] for group in trainer.optimizers[0].param_groups),
            "images_per_s": self._pace.images_per_s,
            "waiting_share": self._pace.waiting_share,
            "seconds": self._pace.seconds(),
        }
        return {name: own[name] if name in own else seen.get(name, float("nan")) for name in COLUMNS}

    def _write(self, row: dict[str, float]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        kept = [one for one in read_curves(self._path) if one["epoch"] < row["epoch"]]
        with self._path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows({name: f"{one[name]:.6g}" for name in COLUMNS} for one in (*kept, row))


def _seen(trainer: lightning.Trainer, mean: float) -> str:
    """What the look at the validation part found; empty where there was none."""
    if not np.isfinite(mean):
        return ""
    classes = {k.removeprefix(f"{SCORE}_"): float(v) for k, v in trainer.callback_metrics.items() if f"{SCORE}_" in k}
    return f", AP50 {mean:.3f} ({', '.join(f'{name} {value:.3f}' for name, value in classes.items())})"

"""How does a run go?  One row per epoch in `metrics.csv`, a line in the log, words when something is wrong."""

from __future__ import annotations

import csv
import logging
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import lightning
import torch
from torch import Tensor

from leukoscope.errors import RecipeError
from leukoscope.modeling.training.watch import Epoch, Watch

CURVES, WORDS = Path("curves", "metrics.csv"), Path("curves", "watch.txt")
_log = logging.getLogger(__name__)
_SAY_EVERY_S = 20
COLUMNS = (
    "epoch",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "validation_balanced_accuracy",
    "validation_macro_f1",
    "validation_score",
    "learning_rate",
    "images_per_s",
    "waiting_share",
    "seconds",
)


class Curves(lightning.Callback):
    """Writes the curves and tells how far the run is.

    A run that goes on keeps the rows of the epochs that are kept, and writes the others again; its watch knows what it
    had seen.

    Args:
        folder: Run folder; `curves/metrics.csv` and `curves/watch.txt` appear in it.
        watch: Looks for what is wrong.
    """

    def __init__(self, folder: Path, watch: Watch) -> None:
        self._path = folder / CURVES
        self._words = folder / WORDS
        self._watch = watch
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
        """Count, and now and then say how far the epoch is."""
        self._pace.batch_ended(len(batch[1]) * trainer.world_size)
        if self._pace.silent_s() > _SAY_EVERY_S:
            self._pace.said()
            _log.info(
                "epoch %d of %s, batch %d of %s: %s, %s left",
                trainer.current_epoch + 1,
                trainer.max_epochs,
                batch_idx + 1,
                trainer.num_training_batches,
                self._pace,
                self._left(trainer, batch_idx + 1),
            )

    def on_validation_epoch_start(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Training of this epoch is over."""
        self._pace.stop()

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Write the row, say it, and look for faults."""
        if not trainer.is_global_zero:
            return
        row = self._row(trainer)
        self._write(row)
        told = ", ".join(f"{name} {row[name]:.4g}" for name in COLUMNS[1:7])
        done = int(trainer.num_training_batches)
        _log.info("epoch %d: %s; %s; %s left", row["epoch"], told, self._pace, self._left(trainer, done))
        confusion = tuple(tuple(int(one) for one in line) for line in pl_module.confusion.tolist())
        for sentence in self._watch.look(Epoch(int(row["epoch"]), row["train_loss"], confusion)):
            _log.warning(sentence)
            self._say(sentence)

    def on_exception(self, trainer: lightning.Trainer, pl_module: Any, exception: BaseException) -> None:
        """Keep why a run broke off."""
        if isinstance(exception, RecipeError):
            self._say(exception.message)

    def state_dict(self) -> dict[str, Any]:
        """What the watch had seen, into the checkpoint."""
        return self._watch.memory()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """What the watch had seen, out of the checkpoint."""
        self._watch.remember(**state_dict)

    def _say(self, sentence: str) -> None:
        self._words.parent.mkdir(parents=True, exist_ok=True)
        if sentence not in read_words(self._words):  # an epoch that was torn is run again
            with self._words.open("a", encoding="utf-8") as words:
                words.write(sentence + "\n")

    def _row(self, trainer: lightning.Trainer) -> dict[str, float]:
        seen = {name: float(value) for name, value in trainer.callback_metrics.items()}
        rate = max(group["lr"] for group in trainer.optimizers[0].param_groups)
        own = {
            "epoch": trainer.current_epoch + 1,
            "learning_rate": rate,
            "images_per_s": self._pace.images_per_s,
            "waiting_share": self._pace.waiting_share,
            "seconds": self._pace.seconds(),
        }
        return {name: own[name] if name in own else seen[name] for name in COLUMNS}

    def _write(self, row: dict[str, float]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        kept = [one for one in read_curves(self._path) if one["epoch"] < row["epoch"]]
        with self._path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows([_told(one) for one in (*kept, row)])

    def _left(self, trainer: lightning.Trainer, batches: int) -> str:
        ahead = (int(trainer.max_epochs or 0) - trainer.current_epoch) * int(trainer.num_training_batches) - batches
        seconds = ahead * self._pace.seconds() / max(1, batches)
        return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


class Pace:
    """How fast an epoch goes, and which share of its time went by waiting for data."""

    def __init__(self) -> None:
        self._start = self._mark = self._last_said = time.monotonic()
        self._end: float | None = None
        self._waited = 0.0
        self._images = 0

    def data_came(self) -> None:
        """The wait for a batch is over."""
        self._waited += time.monotonic() - self._mark

    def batch_ended(self, images: int) -> None:
        """A batch was learned from; the wait for the next one begins."""
        self._mark = time.monotonic()
        self._images += images

    def stop(self) -> None:
        """The epoch's training is over."""
        self._end = time.monotonic()

    def said(self) -> None:
        """Something was told just now."""
        self._last_said = time.monotonic()

    def silent_s(self) -> float:
        """Seconds since something was told."""
        return time.monotonic() - self._last_said

    def seconds(self) -> float:
        """Seconds of training in this epoch so far."""
        return max(1e-9, (self._end or time.monotonic()) - self._start)

    @property
    def images_per_s(self) -> float:
        """Pictures per second."""
        return self._images / self.seconds()

    @property
    def waiting_share(self) -> float:
        """Share of the time in which the network waited for pictures and their augmentation, in [0, 1]."""
        return min(1.0, self._waited / self.seconds())

    def __str__(self) -> str:
        return f"{self.images_per_s:.1f} images/s, {self.waiting_share:.0%} of the time for data"


def read_curves(path: Path) -> list[dict[str, float]]:
    """The rows of a `metrics.csv`; none where there is no such file yet."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def kept_row(rows: Sequence[Mapping[str, float]], keep: Literal["best", "last"]) -> Mapping[str, float]:
    """The row of the epoch whose weights a run keeps; a score that is no number is worse than any, as for checkpoints.

    Args:
        rows: At least one.
        keep: As the recipe says.

    Example:
        >>> rows = [{"epoch": 1, "validation_score": float("nan")}, {"epoch": 2, "validation_score": 0.5}]
        >>> kept_row(rows, "best")["epoch"]
        2
    """
    if keep == "last":
        return rows[-1]
    return max(rows, key=lambda row: -math.inf if math.isnan(row["validation_score"]) else row["validation_score"])


def read_words(path: Path) -> tuple[str, ...]:
    """What the watch said, one sentence each; nothing where there is no such file."""
    return tuple(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else ()


def count_answers(logits: Tensor, targets: Tensor, classes: int) -> Tensor:
    """Pictures by true class (rows) and most probable class, shape (classes, classes)."""
    places = targets * classes + logits.argmax(1)
    return torch.bincount(places, minlength=classes * classes).reshape(classes, classes)


def _told(row: dict[str, float]) -> list[str]:
    return [f"{row[name]:.0f}" if name == "epoch" else f"{row[name]:.9g}" for name in COLUMNS]

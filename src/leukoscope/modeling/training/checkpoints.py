"""A run on disk: whole epochs to go on from, a mark where it came to its end, the epoch that is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from leukoscope.modeling.training.interruption import StoppedByHandError

_log = logging.getLogger(__name__)
CHECKPOINTS, FINISHED = "checkpoints", "finished"


def last_epoch(folder: Path) -> Path | None:
    """The checkpoint a run goes on from; None where no epoch ended."""
    last = folder / CHECKPOINTS / "last.ckpt"
    return last if last.is_file() else None


def train_to_end(folder: Path, keep: Literal["best", "last"], fit: Callable[[], None]) -> Path:
    """Train unless that came to its end before.

    Ctrl-C ends it after the batch at hand; what is kept of the epochs so far is returned.

    Args:
        folder: Run folder.
        keep: Which epoch, as the recipe says.
        fit: Trains, from the last whole epoch on.

    Returns:
        The checkpoint of the epoch that is kept.

    Raises:
        KeyboardInterrupt: Ctrl-C before the first epoch ended.
    """
    finished = folder / CHECKPOINTS / FINISHED
    if not finished.is_file():
        try:
            fit()
            finished.write_text("All epochs, or as many as the recipe allowed.\n", encoding="utf-8")
        except StoppedByHandError:
            if last_epoch(folder) is None:
                raise KeyboardInterrupt from None
            _log.warning("Stopped by hand; what the recipe keeps so far is used. The same command goes on from there.")
    return folder / CHECKPOINTS / f"{keep}.ckpt"

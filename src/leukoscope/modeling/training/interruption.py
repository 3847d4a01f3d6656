"""Ctrl-C during a run: the batch is finished, whole epochs are kept, the caller goes on to write the bundle."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import lightning


class StoppedByHandError(Exception):
    """Someone pressed Ctrl-C; everything up to the last whole epoch is on disk."""


class StopByHand(lightning.Callback):
    """Stops after the batch in which Ctrl-C was pressed; a second Ctrl-C stops at once.

    An epoch that is stopped midway leaves no checkpoint, so that a run that goes on later repeats it from its start
    and ends like one that was never stopped.
    """

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take over Ctrl-C meanwhile; in other threads than the main one nothing changes."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGINT)

        def ask(number: int, frame: FrameType | None) -> None:
            self.asked = True
            signal.signal(signal.SIGINT, before)

        signal.signal(signal.SIGINT, ask)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Stop here if asked to."""
        self._stop_if_asked()

    def on_validation_batch_end(self, *arguments: Any, **named: Any) -> None:
        """Stop here if asked to."""
        self._stop_if_asked()

    def _stop_if_asked(self) -> None:
        if self.asked:
            raise StoppedByHandError

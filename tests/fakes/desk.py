"""A whole server in one process: a service over folders and a store, and a worker with the color analyzer."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image

from fakes.analyzer import ColorAnalyzer
from fakes.job_store import MemoryJobStore
from leukoscope.bundles.card import Card
from leukoscope.domain.images import SmearImage
from leukoscope.service.job_values import Job
from leukoscope.service.jobs import JobRules, JobService
from leukoscope.service.ports import Analyzer
from leukoscope.service.worker import Worker
from leukoscope.storage.folders import DiskFolders

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Desk:
    """Everything behind the web, ready to be started."""

    root: Path
    card: Card
    rules: JobRules = field(default_factory=JobRules)
    before: Callable[[SmearImage], None] = lambda image: None
    make_analyzer: Callable[[str], Analyzer] | None = None

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.store, self.folders = MemoryJobStore(), DiskFolders(self.root)
        self.restart()

    def restart(self) -> None:
        """A new process on the same store and folders."""
        self.service = JobService(self.store, self.folders, lambda: [self.card], rules=self.rules, clock=self.clock)
        make = self.make_analyzer or (lambda model: ColorAnalyzer(self.card, self.before))
        self.worker = Worker(self.service, self.store, self.folders, make)

    def submit(self, **pictures: bytes) -> Job:
        draft = self.service.receive()
        for name, content in pictures.items():
            draft.begin_file(f"{name}.png")
            draft.write(content)
        job = self.service.submit(draft)
        draft.close()
        return job


def png(color: tuple[int, int, int] = (200, 30, 30), size: tuple[int, int] = (80, 60)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, color).save(stream, "PNG")
    return stream.getvalue()


def wait_until(claim: Callable[[], bool], *, timeout_s: float = 20.0) -> None:
    """Wait for a condition; no test waits for a time."""
    end = time.monotonic() + timeout_s
    while not claim():
        if time.monotonic() > end:
            raise AssertionError("it did not come true in time")
        time.sleep(0.005)

"""What a submitted analysis is: a job, its pictures, how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

JobState = Literal["waiting", "running", "done", "failed"]
ImageState = Literal["waiting", "done", "failed"]


@dataclass(frozen=True, slots=True)
class JobImage:
    """One picture of a job.

    Attributes:
        number: Place in the job, from 1.
        name: The name people read; cleaned, unique within the job, never a path on this machine.
        state: Whether it has been analyzed.
        error: Why it failed, one sentence; else empty.
        attempts: How often its analysis was begun; above 1 only after the server was stopped in the middle of it.
        note: What was found, in a few words; empty until it is analyzed.
    """

    number: int
    name: str
    state: ImageState = "waiting"
    error: str = ""
    attempts: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One submitted analysis.

    Attributes:
        id: Unguessable; whoever knows it may read the job.
        model: Name of the model asked for, or "automatic".
        state: Whether it waits, runs, is done (single pictures may have failed), or failed as a whole.
        created_at: When it was submitted, with time zone.
        expires_at: When it and its files are removed, with time zone.
        images: The pictures in the order they were sent.
        error: Why the whole job failed, one sentence; else empty.
    """

    id: str
    model: str
    state: JobState
    created_at: datetime
    expires_at: datetime
    images: tuple[JobImage, ...]
    error: str = ""

    @property
    def finished(self) -> bool:
        """Whether nothing more will change."""
        return self.state in ("done", "failed")

    @property
    def images_finished(self) -> int:
        """Pictures that were analyzed or could not be."""
        return sum(image.state != "waiting" for image in self.images)

    @property
    def images_failed(self) -> int:
        """Pictures that could not be analyzed."""
        return sum(image.state == "failed" for image in self.images)

"""What jobs need from the outside, as Protocols: a store for their rows and folders for their files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from leukoscope.service.job_values import Job, JobState


class JobStore(Protocol):
    """Keeps jobs; safe to use from several threads; what was written is there after a crash."""

    def add(self, job: Job) -> None:
        """Keep a new job."""
        ...

    def get(self, job_id: str) -> Job:
        """The job of that id.

        Raises:
            NotFoundError: There is none.
        """
        ...

    def ids(self) -> frozenset[str]:
        """Ids of all jobs kept."""
        ...

    def unfinished(self) -> Sequence[Job]:
        """Jobs that wait or run, oldest first."""
        ...

    def unfinished_images(self) -> int:
        """Pictures of unfinished jobs that still wait."""
        ...

    def set_state(self, job_id: str, state: JobState, error: str = "") -> None:
        """Note how far a job is; a job that was removed meanwhile is passed over."""
        ...

    def begin_image(self, job_id: str, number: int) -> int:
        """Note that the analysis of a picture begins.

        Returns:
            How often it was begun, this time included; 0 when the job was removed meanwhile.
        """
        ...

    def end_image(self, job_id: str, number: int, error: str | None, note: str = "") -> None:
        """Note that a picture is analyzed and what was found, or why it could not be; a removed job is passed over."""
        ...

    def remove(self, job_id: str) -> None:
        """Forget a job; one that is not there is passed over."""
        ...

    def expired(self, now: datetime) -> Sequence[str]:
        """Ids of jobs whose time is over."""
        ...

    def check(self) -> None:
        """Raise whatever the database raises when it cannot be reached."""
        ...


class JobFolders(Protocol):
    """Keeps the files of jobs in folders: uploads, the report and the pictures the pages show."""

    def new_draft(self) -> Path:
        """A new empty folder for an upload that is not yet a job."""
        ...

    def adopt(self, draft: Path, job_id: str) -> None:
        """Make a draft the uploads of a job, at once or not at all."""
        ...

    def upload(self, job_id: str, number: int) -> Path:
        """Where the picture lies as it was sent."""
        ...

    def report(self, job_id: str) -> Path:
        """Folder of report.html, result.json and cells.csv."""
        ...

    def view(self, job_id: str, number: int) -> Path:
        """Folder of what the page of one picture shows."""
        ...

    def remove(self, job_id: str) -> None:
        """Remove all files of a job; one that is not there is passed over."""
        ...

    def discard(self, draft: Path) -> None:
        """Remove a draft that does not become a job; one that is not there is passed over."""
        ...

    def sweep(self, keep: frozenset[str]) -> None:
        """Remove left-over drafts and the folders of jobs not in `keep`; only before uploads are taken."""
        ...

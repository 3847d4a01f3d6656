"""Submit, follow, read and remove analyses."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from leukoscope.bundles.card import Card
from leukoscope.errors import BusyError, InvalidValueError, NotFoundError
from leukoscope.service.job_ports import JobFolders, JobStore
from leukoscope.service.job_values import Job, JobImage
from leukoscope.service.uploads import UploadDraft, UploadLimits
from leukoscope.service.views import PictureView, read_view

AUTOMATIC = "automatic"
GUESSED_S_PER_IMAGE = 0.5
"""Used only to tell a turned-away sender when to come back; the budget of one field."""


@dataclass(frozen=True, slots=True)
class JobRules:
    """How jobs are kept.

    Attributes:
        keep: How long a job and its files stay.
        waiting_images: Pictures that may wait; when more do, new jobs are turned away.
        upload: Limits of one request.
    """

    keep: timedelta = timedelta(days=7)
    waiting_images: int = 2000
    upload: UploadLimits = field(default_factory=UploadLimits)


class JobService:
    """What pages and the REST API ask for; knows no HTTP and no SQL.

    Args:
        store: Rows of the jobs.
        folders: Files of the jobs.
        catalog: Gives the cards of the models that may be asked.
        rules: How jobs are kept.
        clock: Gives the time, with time zone.
    """

    def __init__(
        self,
        store: JobStore,
        folders: JobFolders,
        catalog: Callable[[], Sequence[Card]],
        *,
        rules: JobRules,
        clock: Callable[[], datetime],
    ) -> None:
        self._store, self._folders, self._catalog = store, folders, catalog
        self.rules, self._clock = rules, clock
        self._submitting = threading.Lock()
        self.submitted = threading.Event()

    def models(self) -> Sequence[Card]:
        """Cards of the models that may be asked by name; "automatic" is always possible besides."""
        return self._catalog()

    def receive(self, model: str = AUTOMATIC) -> UploadDraft:
        """Begin to take in pictures.

        Raises:
            BusyError: Too many pictures wait already.
            InvalidValueError: No such model.
        """
        self.check_model(model)
        self._check_room()
        return UploadDraft(self._folders, self.rules.upload)

    def check_model(self, model: str) -> None:
        """Raise unless the model may be asked.

        Only names are taken, never paths: a request must not make the server open files.

        Raises:
            InvalidValueError: No such model.
        """
        names = [AUTOMATIC, *(card.name for card in self.models())]
        if model not in names:
            raise InvalidValueError(f"There is no model {model[:80]!r}.", hint=f"Choose one of: {', '.join(names)}.")

    def submit(self, draft: UploadDraft, model: str = AUTOMATIC) -> Job:
        """Make a draft a job and put it into the queue.

        Raises:
            BusyError: Too many pictures wait already.
            InvalidValueError: There is no picture, or no such model.
        """
        draft.end_file()
        self.check_model(model)
        if not draft.names:
            raise InvalidValueError("No picture was sent.", hint="Send at least one file in the field `images`.")
        now = self._clock()
        images = tuple(JobImage(number, name) for number, name in enumerate(draft.names, 1))
        job = Job(secrets.token_urlsafe(18), model, "waiting", now, now + self.rules.keep, images)
        with self._submitting:
            self._check_room()
            self._folders.adopt(draft.folder, job.id)
            self._store.add(job)
        self.submitted.set()
        return job

    def job(self, job_id: str) -> Job:
        """The job of that id.

        Raises:
            NotFoundError: There is none, or its time is over.
        """
        try:
            job = self._store.get(job_id)
        except NotFoundError:
            job = None
        if job is None or job.expires_at <= self._clock():
            raise NotFoundError(
                "There is no such analysis.", hint="It may have expired or been deleted; analyze again."
            )
        return job

    def report_folder(self, job_id: str) -> Path:
        """Folder of report.html, result.json and cells.csv of a job that is done.

        Raises:
            NotFoundError: There is no such job, or it is not done.
        """
        job = self.job(job_id)
        if job.state != "done":
            raise NotFoundError(
                job.error or "The report is not written yet.", hint="Ask again when the analysis is done."
            )
        return self._folders.report(job_id)

    def view(self, job_id: str, number: int) -> PictureView:
        """What the page of one analyzed picture shows.

        Raises:
            NotFoundError: There is no such job or picture, or it is not analyzed.
        """
        return read_view(self.view_folder(job_id, number))

    def view_folder(self, job_id: str, number: int) -> Path:
        """Folder of the pictures the page of one analyzed picture shows.

        Raises:
            NotFoundError: There is no such job or picture, or it is not analyzed.
        """
        images = {image.number: image for image in self.job(job_id).images}
        if number not in images or images[number].state != "done":
            raise NotFoundError("There is no such picture, or it is not analyzed yet.", hint="Ask for the job first.")
        return self._folders.view(job_id, number)

    def delete(self, job_id: str) -> None:
        """Remove a job with all its files, also one that waits or runs.

        Raises:
            NotFoundError: There is none.
        """
        self.job(job_id)
        self._drop(job_id)

    def recover(self) -> None:
        """Tidy up after the last run of the server: left-over files go, unfinished jobs wait again."""
        for job_id in self._store.expired(self._clock()):
            self._store.remove(job_id)
        self._folders.sweep(self._store.ids())
        for job in self._store.unfinished():
            if job.state == "running":
                self._store.set_state(job.id, "waiting")
        self.submitted.set()

    def expire(self) -> None:
        """Remove the jobs whose time is over."""
        for job_id in self._store.expired(self._clock()):
            self._drop(job_id)

    def check(self) -> None:
        """Raise whatever the store raises when it cannot be reached."""
        self._store.check()

    def _drop(self, job_id: str) -> None:
        self._store.remove(job_id)
        self._folders.remove(job_id)

    def _check_room(self) -> None:
        waiting = self._store.unfinished_images()
        if waiting >= self.rules.waiting_images:
            seconds = int(min(max(waiting * GUESSED_S_PER_IMAGE / 10, 5), 120))
            raise BusyError(f"{waiting} pictures wait already; no more are taken for now.", retry_after_s=seconds)

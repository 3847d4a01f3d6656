"""A JobStore in memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from leukoscope.errors import NotFoundError
from leukoscope.service.job_values import Job, JobImage, JobState


class MemoryJobStore:
    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def add(self, job: Job) -> None:
        with self._lock:
            self._jobs[job.id] = job

    def get(self, job_id: str) -> Job:
        with self._lock:
            if job_id not in self._jobs:
                raise NotFoundError("There is no such analysis.")
            return self._jobs[job_id]

    def ids(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._jobs)

    def unfinished(self) -> Sequence[Job]:
        with self._lock:
            found = [job for job in self._jobs.values() if not job.finished]
        return sorted(found, key=lambda job: (job.created_at, job.id))

    def unfinished_images(self) -> int:
        return sum(image.state == "waiting" for job in self.unfinished() for image in job.images)

    def set_state(self, job_id: str, state: JobState, error: str = "") -> None:
        with self._lock:
            if job_id in self._jobs:
                self._jobs[job_id] = replace(self._jobs[job_id], state=state, error=error)

    def begin_image(self, job_id: str, number: int) -> int:
        return self._change(job_id, number, lambda image: replace(image, attempts=image.attempts + 1))

    def end_image(self, job_id: str, number: int, error: str | None, note: str = "") -> None:
        state = "done" if error is None else "failed"
        self._change(job_id, number, lambda image: replace(image, state=state, error=error or "", note=note))

    def remove(self, job_id: str) -> None:
        with self._lock:
            self._jobs.pop(job_id, None)

    def expired(self, now: datetime) -> Sequence[str]:
        with self._lock:
            return [job.id for job in self._jobs.values() if job.expires_at <= now]

    def check(self) -> None:
        pass

    def _change(self, job_id: str, number: int, change) -> int:
        with self._lock:
            if job_id not in self._jobs:
                return 0
            job = self._jobs[job_id]
            images: tuple[JobImage, ...] = tuple(change(one) if one.number == number else one for one in job.images)
            self._jobs[job_id] = replace(job, images=images)
            return next(one.attempts for one in images if one.number == number)

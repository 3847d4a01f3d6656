"""Jobs in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import Engine, delete, func, select, text, update
from sqlalchemy.orm import Session

from leukoscope.errors import NotFoundError
from leukoscope.service.job_values import ImageState, Job, JobImage, JobState
from leukoscope.storage.tables import JobImageRow, JobRow

_UNFINISHED = ("waiting", "running")


class SqlJobStore:
    """A `JobStore` on any database SQLAlchemy speaks; each call is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, job: Job) -> None:
        """Keep a new job."""
        with Session(self._engine) as session, session.begin():
            session.add(_row(job))

    def get(self, job_id: str) -> Job:
        """The job of that id.

        Raises:
            NotFoundError: There is none.
        """
        with Session(self._engine) as session:
            row = session.get(JobRow, job_id)
            if row is None:
                raise NotFoundError("There is no such analysis.")
            return _job(row)

    def ids(self) -> frozenset[str]:
        """Ids of all jobs kept."""
        with Session(self._engine) as session:
            return frozenset(session.scalars(select(JobRow.id)))

    def unfinished(self) -> Sequence[Job]:
        """Jobs that wait or run, oldest first."""
        query = select(JobRow).where(JobRow.state.in_(_UNFINISHED)).order_by(JobRow.created_at, JobRow.id)
        with Session(self._engine) as session:
            return [_job(row) for row in session.scalars(query)]

    def unfinished_images(self) -> int:
        """Pictures of unfinished jobs that still wait."""
        query = (
            select(func.count())
            .select_from(JobImageRow)
            .join(JobRow, JobRow.id == JobImageRow.job_id)
            .where(JobRow.state.in_(_UNFINISHED), JobImageRow.state == "waiting")
        )
        with Session(self._engine) as session:
            return session.scalar(query) or 0

    def set_state(self, job_id: str, state: JobState, error: str = "") -> None:
        """Note how far a job is; a job that was removed meanwhile is passed over."""
        with Session(self._engine) as session, session.begin():
            session.execute(update(JobRow).where(JobRow.id == job_id).values(state=state, error=error))

    def begin_image(self, job_id: str, number: int) -> int:
        """Note that the analysis of a picture begins; how often it was begun, 0 for a removed job."""
        with Session(self._engine) as session, session.begin():
            row = session.get(JobImageRow, (job_id, number))
            if row is None:
                return 0
            row.attempts += 1
            return row.attempts

    def end_image(self, job_id: str, number: int, error: str | None, note: str = "") -> None:
        """Note that a picture is analyzed and what was found, or why it could not be; a removed job is passed over."""
        with Session(self._engine) as session, session.begin():
            row = session.get(JobImageRow, (job_id, number))
            if row is not None:
                row.state, row.error, row.note = "done" if error is None else "failed", error or "", note

    def remove(self, job_id: str) -> None:
        """Forget a job; one that is not there is passed over."""
        with Session(self._engine) as session, session.begin():
            session.execute(delete(JobRow).where(JobRow.id == job_id))

    def expired(self, now: datetime) -> Sequence[str]:
        """Ids of jobs whose time is over."""
        with Session(self._engine) as session:
            return list(session.scalars(select(JobRow.id).where(JobRow.expires_at <= now.astimezone(UTC))))

    def check(self) -> None:
        """Raise whatever the database raises when it cannot be reached."""
        with self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))


def _row(job: Job) -> JobRow:
    return JobRow(
        id=job.id,
        model=job.model,
        state=job.state,
        error=job.error,
        created_at=job.created_at.astimezone(UTC),
        expires_at=job.expires_at.astimezone(UTC),
        images=[
            JobImageRow(
                number=one.number,
                name=one.name,
                state=one.state,
                error=one.error,
                attempts=one.attempts,
                note=one.note,
            )
            for one in job.images
        ],
    )


def _job(row: JobRow) -> Job:
    return Job(
        id=row.id,
        model=row.model,
        state=cast(JobState, row.state),
        created_at=_utc(row.created_at),
        expires_at=_utc(row.expires_at),
        images=tuple(
            JobImage(one.number, one.name, cast(ImageState, one.state), one.error, one.attempts, one.note)
            for one in row.images
        ),
        error=row.error,
    )


def _utc(moment: datetime) -> datetime:
    # SQLite keeps no time zone and gives the naive time back; what was written is UTC.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

"""What the REST API says besides result.json: jobs and models."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from leukoscope.bundles.card import Card
from leukoscope.reporting.documents import ResultDocument
from leukoscope.service.job_values import ImageState, Job, JobState


class Progress(BaseModel):
    """How many pictures are through; `failed` are among `done`."""

    done: int
    failed: int
    total: int


class JobImageDocument(BaseModel):
    """One picture of a job; `note` says in a few words what was found."""

    number: int
    name: str
    status: ImageState
    error: str | None
    note: str


class Links(BaseModel):
    """Where to go on; the files are there when the status is `done`."""

    self: str
    page: str
    report: str
    result: str
    cells: str


class JobDocument(BaseModel):
    """A submitted analysis; `result` is result.json, once the status is `done`."""

    id: str
    status: JobState
    model: str
    created_at: datetime
    expires_at: datetime
    progress: Progress
    images: list[JobImageDocument]
    error: str | None
    links: Links
    result: ResultDocument | None = None


class LabelDocument(BaseModel):
    """A class a model can name."""

    name: str
    title: str
    meaning: str


class ModelDocument(BaseModel):
    """A model that may be asked: what it names, how good it was on pictures held out, where it ends."""

    name: str
    version: str
    title: str
    level: str
    labels: list[LabelDocument]
    accuracy: float | None
    accuracy_ci95: tuple[float, float] | None
    how_held_out: str | None
    intended_use: str
    limits: list[str]
    weights_licence: str
    sha256: str


class ModelsDocument(BaseModel):
    """The models; "automatic" may be asked besides them."""

    default: str
    models: list[ModelDocument]


def job_document(job: Job) -> JobDocument:
    """A job as the API tells it, without its result."""
    home = f"/api/v1/analyses/{job.id}"
    return JobDocument(
        id=job.id,
        status=job.state,
        model=job.model,
        created_at=job.created_at,
        expires_at=job.expires_at,
        progress=Progress(done=job.images_finished, failed=job.images_failed, total=len(job.images)),
        images=[
            JobImageDocument(number=one.number, name=one.name, status=one.state, error=one.error or None, note=one.note)
            for one in job.images
        ],
        error=job.error or None,
        links=Links(
            self=home,
            page=f"/analyses/{job.id}",
            report=f"{home}/report.html",
            result=f"{home}/result.json",
            cells=f"{home}/cells.csv",
        ),
    )


def model_document(card: Card) -> ModelDocument:
    """A model as the API tells it."""
    held_out = card.metrics
    return ModelDocument(
        name=card.name,
        version=card.version,
        title=card.title,
        level=card.level,
        labels=[LabelDocument(name=one.name, title=one.title, meaning=one.meaning) for one in card.labels],
        accuracy=held_out.accuracy if held_out else None,
        accuracy_ci95=held_out.accuracy_ci95 if held_out else None,
        how_held_out=held_out.how_held_out if held_out else None,
        intended_use=card.intended_use,
        limits=list(card.limits),
        weights_licence=card.weights_licence,
        sha256=card.onnx_sha256,
    )

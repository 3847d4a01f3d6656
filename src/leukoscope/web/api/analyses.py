"""Routes of analyses: submit, follow, fetch, delete."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from leukoscope.errors import NotFoundError
from leukoscope.service.job_values import Job
from leukoscope.service.jobs import AUTOMATIC, JobService
from leukoscope.web.api.multipart import IMAGES, MODEL, receive_form
from leukoscope.web.api.problems import Problem
from leukoscope.web.api.schemas import JobDocument, job_document
from leukoscope.web.headers import REPORT_HEADERS

MAX_WAIT_S = 60.0
LONGEST_NAME = 255
POLL_S = (0.05, 0.5)
"""Shortest and longest time between two looks at a job somebody waits for."""
REPORT_SUFFIXES = {".html": "text/html; charset=utf-8", ".json": "application/json", ".csv": "text/csv; charset=utf-8"}

_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [IMAGES],
                    "properties": {
                        IMAGES: {"type": "array", "items": {"type": "string", "format": "binary"}},
                        MODEL: {"type": "string", "default": AUTOMATIC},
                    },
                }
            }
        },
    }
}
_PROBLEM = {"model": Problem, "content": {"application/problem+json": {}}}
_MISSING: dict[int | str, dict[str, Any]] = {404: _PROBLEM | {"description": "No such analysis, or not done yet"}}
_FILE: dict[str, Any] = {
    "response_class": FileResponse,
    "response_description": "The file",
    "responses": _MISSING,
}


def analyses_router(service: JobService) -> APIRouter:
    """The routes below `/api/v1/analyses`."""
    router = APIRouter(prefix="/api/v1/analyses", tags=["analyses"])

    @router.post(
        "",
        status_code=202,
        response_model=JobDocument,
        response_description="Accepted; the job, its address in Location",
        openapi_extra=_FORM,
        responses={
            200: {"model": JobDocument, "description": "Ready within `wait`; `result` is there"},
            413: _PROBLEM | {"description": "Too many or too large pictures"},
            422: _PROBLEM | {"description": "No picture, or no such model"},
            429: _PROBLEM | {"description": "Too many pictures wait; see Retry-After"},
        },
    )
    async def submit(
        request: Request,
        model: Annotated[str, Query(description="A model's name, here or as a form field.")] = AUTOMATIC,
        wait: Annotated[float, Query(ge=0, le=MAX_WAIT_S, description="Seconds to wait for the result.")] = 0,
    ) -> Response:
        """Submit pictures; answers at once with a job, or with its result when ready within `wait` seconds."""
        draft = await run_in_threadpool(service.receive, model)
        try:
            fields = await receive_form(request, draft, service.rules.upload)
            job = await run_in_threadpool(service.submit, draft, fields.get(MODEL, model))
        finally:
            await run_in_threadpool(draft.close)
        job = await _wait_for(service, job, wait)
        return await run_in_threadpool(_told, service, job, 200 if job.finished else 202)

    @router.get("/{job_id}", response_model=JobDocument, response_description="The job", responses=_MISSING)
    def follow(job_id: str) -> Response:
        """How far an analysis is, and its result when it is done."""
        return _told(service, service.job(job_id), 200)

    @router.delete(
        "/{job_id}", status_code=204, response_class=Response, response_description="Gone", responses=_MISSING
    )
    def delete(job_id: str) -> None:
        """Remove an analysis with all its files, also while it runs."""
        service.delete(job_id)

    @router.get("/{job_id}/result.json", **_FILE)
    def result(job_id: str) -> FileResponse:
        """The result as `leukoscope analyze` writes it."""
        return _file(service.report_folder(job_id), "result.json", download=True)

    @router.get("/{job_id}/cells.csv", **_FILE)
    def cells(job_id: str) -> FileResponse:
        """One line a cell."""
        return _file(service.report_folder(job_id), "cells.csv", download=True)

    @router.get("/{job_id}/view/{number}/{name}", **_FILE)
    def view(job_id: str, number: int, name: str) -> FileResponse:
        """Pictures for pages: `picture.jpg`, `heat.jpg`, `cell-N.jpg`, `cell-N-heat.jpg`."""
        file = service.view_folder(job_id, number) / name
        if not _can_be_a_name(name) or file.suffix != ".jpg" or "/" in name or not file.is_file():
            raise NotFoundError("There is no such picture.")
        return FileResponse(file, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})

    @router.get("/{job_id}/{path:path}", **_FILE)
    def report(job_id: str, path: str) -> FileResponse:
        """The report: `report.html`, and the pages beside it where it has several."""
        return _file(service.report_folder(job_id), path, download=False)

    return router


async def _wait_for(service: JobService, job: Job, wait_s: float) -> Job:
    end, pause_s = time.monotonic() + wait_s, POLL_S[0]
    while not job.finished and time.monotonic() < end:
        await anyio.sleep(pause_s)
        pause_s = min(pause_s * 1.2, POLL_S[1])
        job = await run_in_threadpool(service.job, job.id)
    return job


def _told(service: JobService, job: Job, status: int) -> Response:
    document = job_document(job)
    content = document.model_dump_json(exclude={"result"} if job.state == "done" else None).encode()
    if job.state == "done":
        # The result was validated when it was written; it may be large, so it is not parsed again.
        result = (service.report_folder(job.id) / "result.json").read_bytes()
        content = content[:-1] + b',"result":' + result + b"}"
    headers = {"Location": document.links.self, "Cache-Control": "no-store"}
    return Response(content, status, headers, media_type="application/json")


def _file(folder: Path, path: str, *, download: bool) -> FileResponse:
    file = (folder / path).resolve() if _can_be_a_name(path) else None
    if file is None or not _is_report_file(folder, file) or any(part.startswith(".") for part in Path(path).parts):
        raise NotFoundError("There is no such file in the report.")
    return FileResponse(
        file,
        media_type=REPORT_SUFFIXES[file.suffix],
        headers=REPORT_HEADERS,
        filename=f"leukoscope-{file.name}" if download else None,
    )


def _can_be_a_name(path: str) -> bool:
    """No file has a name with a NUL byte or of more than 255; asking the system for one is an error of its own."""
    return "\0" not in path and len(path.encode("utf-8", "surrogatepass")) <= LONGEST_NAME


def _is_report_file(folder: Path, file: Path) -> bool:
    return file.is_relative_to(folder.resolve()) and file.suffix in REPORT_SUFFIXES and file.is_file()

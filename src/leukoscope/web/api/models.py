"""Routes that tell which models there are and whether the server is well."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from leukoscope.service.jobs import AUTOMATIC, JobService
from leukoscope.web.api.problems import problem
from leukoscope.web.api.schemas import ModelsDocument, model_document


def models_router(service: JobService) -> APIRouter:
    """The route `/api/v1/models`."""
    router = APIRouter(prefix="/api/v1/models", tags=["models"])

    @router.get("")
    def models() -> ModelsDocument:
        """The models that may be asked, with what they can name and how good they were on pictures held out."""
        return ModelsDocument(default=AUTOMATIC, models=[model_document(card) for card in service.models()])

    return router


def health_router(service: JobService, worker_alive: Callable[[], bool]) -> APIRouter:
    """The routes `/healthz` and `/readyz`, open to everybody."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @router.get("/readyz", response_model=dict[str, str])
    def readyz() -> Response:
        """The database answers and the worker works; else 503."""
        try:
            service.check()
        except Exception:  # whatever a database driver raises means the same here
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "The database does not answer.")
        if not worker_alive():
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "The worker has stopped.", hint="Start the server again.")
        return JSONResponse({"status": "ready"})

    return router

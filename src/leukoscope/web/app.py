"""The whole web side: REST API, pages, and the guard around both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from fastapi import FastAPI

from leukoscope import __version__
from leukoscope.service.jobs import JobService
from leukoscope.web.api.analyses import analyses_router
from leukoscope.web.api.docs import docs_router, nowhere_router
from leukoscope.web.api.models import health_router, models_router
from leukoscope.web.api.problems import Problem, register_problems
from leukoscope.web.guard import AccessRules, Guard
from leukoscope.web.headers import SecurityHeaders
from leukoscope.web.login import login_router

DESCRIPTION = "Finds and names cells in microscope images of blood smears. For research use only; it never diagnoses."


class BackgroundWorker(Protocol):
    """What analyzes the submitted jobs; started and stopped with the app."""

    @property
    def alive(self) -> bool:
        """Whether jobs are being worked on."""
        ...

    def start(self) -> None:
        """Begin to work."""
        ...

    def stop(self) -> None:
        """Finish the picture at hand and stop."""
        ...


def create_api(service: JobService, worker: BackgroundWorker, rules: AccessRules) -> FastAPI:
    """The REST API alone.

    Args:
        service: The use cases.
        worker: Runs while the app runs.
        rules: Who may ask.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        worker.start()
        yield
        worker.stop()

    app = FastAPI(
        title="leukoscope",
        description=DESCRIPTION,
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={422: {"model": Problem, "description": "A value does not fit"}},
        lifespan=lifespan,
    )
    register_problems(app)
    app.include_router(analyses_router(service))
    app.include_router(models_router(service))
    app.include_router(health_router(service, lambda: worker.alive))
    app.include_router(docs_router(app))
    app.include_router(login_router(rules))
    app.include_router(nowhere_router())
    app.add_middleware(Guard, rules=rules)
    app.add_middleware(SecurityHeaders)  # added last, so it also completes the guard's refusals
    return app


def create_app(service: JobService, worker: BackgroundWorker, rules: AccessRules) -> FastAPI:
    """The REST API with the pages; once per process, as NiceGUI keeps its pages globally.

    Args:
        service: The use cases.
        worker: Runs while the app runs.
        rules: Who may ask.
    """
    from leukoscope.web.pages.mount import mount_pages

    app = create_api(service, worker, rules)
    mount_pages(app, service)
    return app

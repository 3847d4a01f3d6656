"""`/api/docs` without scripts: the usual viewers load theirs from a content network, and this must work offline."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from leukoscope.web.templates import page


def docs_router(app: FastAPI) -> APIRouter:
    """The route `/api/docs`, drawn from the app's own OpenAPI description."""
    router = APIRouter(include_in_schema=False)

    @router.get("/api/docs")
    def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(page("api_docs.html", spec=app.openapi(), host=request.headers.get("host", "")))

    return router

"""`/api/docs` without scripts: the usual viewers load theirs from a content network, and this must work offline."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from leukoscope.errors import NotFoundError
from leukoscope.web.templates import page


def docs_router(app: FastAPI) -> APIRouter:
    """The route `/api/docs`, drawn from the app's own OpenAPI description."""
    router = APIRouter(include_in_schema=False)

    @router.get("/api/docs")
    def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(page("api_docs.html", spec=app.openapi(), host=request.headers.get("host", "")))

    return router


def nowhere_router() -> APIRouter:
    """Answers every other address below `/api`, so that programs never get a page for people; add it last."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/api/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def nowhere(path: str) -> None:
        raise NotFoundError(f"There is no /api/{path[:80]} here.", hint="/api/docs lists what there is.")

    return router

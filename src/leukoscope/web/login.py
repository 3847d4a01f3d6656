"""The page that asks for the token and keeps a session in a cookie; plain HTML, no scripts."""

from __future__ import annotations

import time
from http import HTTPStatus
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from leukoscope.errors import TooLargeError
from leukoscope.web.guard import COOKIE, SESSION_S, AccessRules
from leukoscope.web.templates import page

MAX_FORM_BYTES = 4096


def login_router(rules: AccessRules) -> APIRouter:
    """The route `/login`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/login")
    def ask(next: str = "/") -> HTMLResponse:
        return HTMLResponse(page("login.html", next=_local(next), wrong=False))

    @router.post("/login")
    async def let_in(request: Request) -> Response:
        form = await _form(request)
        after = _local(form.get("next", "/"))
        if not rules.token_right(form.get("token", "")):
            return HTMLResponse(page("login.html", next=after, wrong=True), HTTPStatus.UNAUTHORIZED)
        answer = RedirectResponse(after, HTTPStatus.SEE_OTHER)
        answer.set_cookie(
            COOKIE,
            rules.make_cookie(time.time()),
            max_age=SESSION_S,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    return router


def _local(path: str) -> str:
    """The path to go on to, or the start page when it would lead elsewhere."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if safe else "/"


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM_BYTES:
            raise TooLargeError("The form is too large.")
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}

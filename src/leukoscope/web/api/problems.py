"""Errors over HTTP: the one table from what went wrong to the status, told as RFC 9457 problem JSON."""

from __future__ import annotations

import errno
import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from leukoscope import errors

_log = logging.getLogger(__name__)

STATUS: dict[type[errors.LeukoscopeError], HTTPStatus] = {
    errors.LeukoscopeError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnreadableImageError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnsupportedImageError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidValueError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.InputNotFoundError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.DataError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ManifestError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.RecipeError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.BundleError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidBundleError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.BundleMismatchError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.MissingExtraError: HTTPStatus.NOT_IMPLEMENTED,
    errors.BusyError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
}


class Problem(BaseModel):
    """RFC 9457 problem details.

    `title` is the kind of problem, `detail` this one in a sentence, `hint` what to do about it.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    hint: str = ""


def problem(status: HTTPStatus, detail: str, *, hint: str = "", headers: dict[str, str] | None = None) -> JSONResponse:
    """A problem as a response."""
    content = Problem(title=status.phrase, status=status, detail=detail, hint=hint)
    return JSONResponse(content.model_dump(), status, headers, media_type="application/problem+json")


def problem_of(fault: errors.LeukoscopeError) -> JSONResponse:
    """The response to an error; a full queue says when to come back."""
    headers = {"Retry-After": str(fault.retry_after_s)} if isinstance(fault, errors.BusyError) else None
    return problem(STATUS[type(fault)], fault.message, hint=fault.hint, headers=headers)


def register_problems(app: FastAPI) -> None:
    """Let every error of an app become problem JSON."""

    @app.exception_handler(errors.LeukoscopeError)
    async def _ours(_: Request, fault: errors.LeukoscopeError) -> JSONResponse:
        return problem_of(fault)

    @app.exception_handler(RequestValidationError)
    async def _arguments(_: Request, fault: RequestValidationError) -> JSONResponse:
        first = fault.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{where}: {first['msg']}.")

    @app.exception_handler(HTTPException)
    async def _http(_: Request, fault: HTTPException) -> JSONResponse:
        headers = dict(fault.headers) if fault.headers else None
        return problem(HTTPStatus(fault.status_code), str(fault.detail), headers=headers)

    @app.exception_handler(ClientDisconnect)
    async def _gone(_: Request, __: ClientDisconnect) -> JSONResponse:
        return problem(HTTPStatus.BAD_REQUEST, "The connection broke off.")  # nobody reads it; nothing is to be logged

    @app.exception_handler(OSError)
    async def _system(_: Request, fault: OSError) -> JSONResponse:
        if fault.errno != errno.ENOSPC:
            raise fault
        return problem(
            HTTPStatus.INSUFFICIENT_STORAGE, "The server's disk is full.", hint="Tell whoever runs this server."
        )

    @app.exception_handler(Exception)
    async def _bug(_: Request, fault: Exception) -> JSONResponse:
        _log.error("a request failed", exc_info=fault)
        return problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "Something went wrong in leukoscope itself.",
            hint="Please report it; the server's log tells more.",
        )

import errno
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from leukoscope import errors
from leukoscope.web.api.problems import STATUS, problem_of, register_problems


def every_error(parent: type[errors.LeukoscopeError] = errors.LeukoscopeError) -> Iterator[type]:
    yield parent
    for child in parent.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from every_error(child)


@pytest.mark.parametrize("kind", list(every_error()), ids=lambda kind: kind.__name__)
def test_every_error_has_its_own_row(kind: type[errors.LeukoscopeError]) -> None:
    assert kind in STATUS


def test_no_row_is_for_an_error_that_is_gone() -> None:
    assert set(STATUS) == set(every_error())


def test_a_problem_tells_what_happened_and_what_to_do() -> None:
    answer = problem_of(errors.InvalidValueError("There is no model 'x'.", hint="Choose another."))
    assert (answer.status_code, answer.media_type) == (422, "application/problem+json")
    assert answer.body == (
        b'{"type":"about:blank","title":"Unprocessable Entity","status":422,'
        b'"detail":"There is no model \'x\'.","hint":"Choose another."}'
    )


def test_a_full_queue_says_when_to_come_back() -> None:
    answer = problem_of(errors.BusyError("Full.", retry_after_s=17))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "17")


@pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 507), (errno.EACCES, 500)])
def test_a_full_disk_is_told_apart_from_our_mistakes(number: int, status: int) -> None:
    app = FastAPI()
    register_problems(app)

    @app.get("/write")
    def write() -> None:
        raise OSError(number, "secret")

    answer = TestClient(app, raise_server_exceptions=False).get("/write")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text


def test_a_mistake_of_ours_is_a_problem_too_and_tells_no_secrets() -> None:
    app = FastAPI()
    register_problems(app)

    @app.get("/trip")
    def trip() -> None:
        raise ZeroDivisionError("/secret/path")

    answer = TestClient(app, raise_server_exceptions=False).get("/trip")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text

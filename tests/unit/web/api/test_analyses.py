from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from fakes.desk import Desk, png, wait_until
from leukoscope.reporting.documents import ResultDocument
from leukoscope.service.jobs import JobRules
from leukoscope.service.uploads import UploadLimits
from leukoscope.web.api.schemas import JobDocument
from leukoscope.web.app import create_api
from leukoscope.web.guard import AccessRules

ANALYSES = "/api/v1/analyses"
BASE = "http://127.0.0.1:8000"


def pictures(*contents: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("images", (f"field {number}.png", content)) for number, content in enumerate(contents, 1)]


def done(client: TestClient, *contents: bytes) -> dict:
    answer = client.post(ANALYSES, params={"wait": 30}, files=pictures(*contents))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_submitted_analysis_is_accepted_with_its_address(client: TestClient) -> None:
    answer = client.post(ANALYSES, files=pictures(png()))
    assert answer.status_code == 202
    assert answer.headers["location"] == f"{ANALYSES}/{answer.json()['id']}"
    wait_until(lambda: client.get(answer.headers["location"]).json()["status"] == "done")


def test_waiting_brings_the_result_at_once(client: TestClient) -> None:
    job = JobDocument.model_validate(done(client, png(), png((0, 200, 90))))
    assert (job.status, job.progress.done, job.progress.total) == ("done", 2, 2)
    assert job.result is not None
    assert [image.path for image in job.result.images] == ["field 1.png", "field 2.png"]
    assert [cell.label for cell in job.result.images[0].cells] == ["red", "green", "blue"]


def test_waiting_too_short_brings_the_job(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = threading.Event()
    monkeypatch.setattr("fakes.analyzer.ColorAnalyzer.analyze", lambda *_: hold.wait())
    answer = client.post(ANALYSES, params={"wait": 0.05}, files=pictures(png()))
    hold.set()
    assert (answer.status_code, answer.json()["result"]) == (202, None)


def test_the_same_result_is_in_the_job_and_in_the_file(client: TestClient) -> None:
    job = done(client, png())
    file = client.get(job["links"]["result"])
    assert file.json() == job["result"]
    assert "attachment" in file.headers["content-disposition"]
    assert ResultDocument.model_validate_json(file.content).images[0].error is None
    assert client.get(job["links"]["self"]).json()["result"] == job["result"]


def test_cells_come_as_csv(client: TestClient) -> None:
    file = client.get(done(client, png())["links"]["cells"])
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(file.text.strip().splitlines()) == 4


def test_the_report_may_run_nothing_and_load_nothing(client: TestClient) -> None:
    report = client.get(done(client, png())["links"]["report"])
    policy = report.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert report.headers["x-content-type-options"] == "nosniff"
    assert report.headers["x-frame-options"] == "DENY"
    assert report.text.lower().startswith("<!doctype html>")


def test_above_thirty_pictures_the_pages_beside_the_report_are_served(client: TestClient) -> None:
    job = done(client, *(png((number, 30, 30)) for number in range(31)))
    home = Path(job["links"]["self"])
    report = client.get(job["links"]["report"]).text
    pages = [part.split('"')[0] for part in report.split('href="pages/')[1:]]
    assert pages
    assert client.get(str(home / "pages" / pages[0].split("#")[0])).status_code == 200


def test_a_renamed_text_file_is_told_and_the_rest_goes_on(client: TestClient) -> None:
    job = done(client, b"hello", png())
    assert [image["status"] for image in job["images"]] == ["failed", "done"]
    assert "text" in job["images"][0]["error"]
    assert job["progress"] == {"done": 2, "failed": 1, "total": 2}


def test_pictures_for_pages_are_served(client: TestClient) -> None:
    home = done(client, png())["links"]["self"]
    for name in ("picture.jpg", "thumb.jpg", "cell-1.jpg", "cell-1-heat.jpg"):
        answer = client.get(f"{home}/view/1/{name}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    for name in ("view.json", "cell-99.jpg", "..%2Fview%2F0001%2Fpicture.jpg"):
        assert client.get(f"{home}/view/1/{name}").status_code == 404


@pytest.mark.parametrize("path", ["..%2F..%2Fjobs.sqlite", "%2e%2e/uploads/0001", "secret.txt", ".parts/x.json", ""])
def test_nothing_but_the_report_is_served(client: TestClient, path: str) -> None:
    answer = client.get(f"{done(client, png())['links']['self']}/{path}", follow_redirects=False)
    assert answer.status_code in (404, 307)


LONG = 300 * "a"


@pytest.mark.parametrize(
    "path",
    ["%00.html", "report.html%00", "pages/%00/1.html", "view/1/%00.jpg", f"{LONG}.html", f"view/1/{LONG}.jpg"],
)
def test_a_name_no_file_can_have_is_not_found(client: TestClient, path: str) -> None:
    answer = client.get(f"{done(client, png())['links']['self']}/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_model_can_be_named_in_the_form_or_the_address(client: TestClient) -> None:
    for options in ({"data": {"model": "tiny-cell"}}, {"params": {"model": "tiny-cell"}}):
        answer = client.post(ANALYSES, files=pictures(png()), **options)
        assert answer.json()["model"] == "tiny-cell"


@pytest.mark.parametrize("model", ["nope", "/etc/passwd"])
def test_an_unknown_model_is_refused_before_and_after_the_upload(client: TestClient, desk: Desk, model: str) -> None:
    for options in ({"data": {"model": model}}, {"params": {"model": model}}):
        answer = client.post(ANALYSES, files=pictures(png()), **options)
        assert answer.status_code == 422
        assert "tiny-cell" in answer.json()["hint"]
    assert not any((desk.root / "drafts").iterdir())


def test_a_deleted_analysis_is_gone(client: TestClient) -> None:
    home = done(client, png())["links"]["self"]
    assert client.delete(home).status_code == 204
    for answer in (client.get(home), client.delete(home), client.get(f"{home}/report.html")):
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_results_are_not_there_before_the_analysis_is_done(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = threading.Event()
    monkeypatch.setattr("fakes.analyzer.ColorAnalyzer.analyze", lambda *_: hold.wait())
    home = client.post(ANALYSES, files=pictures(png())).headers["location"]
    answer = client.get(f"{home}/result.json")
    hold.set()
    assert answer.status_code == 404


FORM = "multipart/form-data; boundary=x"


def part(disposition: str, content: bytes = b"abc", end: bytes = b"\r\n--x--\r\n") -> bytes:
    return b"--x\r\nContent-Disposition: form-data; " + disposition.encode() + b"\r\n\r\n" + content + end


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (b"", "multipart/form-data"),
        (b"", FORM + "x" * 500),
        (b"--x\r\nnonsense", FORM),
        (b"--x--\r\n", FORM),
        (part('name="images"; filename="a"', end=b""), FORM),
        (part('name="other"; filename="a"'), FORM),
        (part('name="other"'), FORM),
        (part('name="model"', b"a" * 2000), FORM),
    ],
)
def test_what_is_no_form_with_pictures_is_a_problem(client: TestClient, desk: Desk, body: bytes, kind: str) -> None:
    answer = client.post(ANALYSES, content=body, headers={"content-type": kind})
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert not any((desk.root / "drafts").iterdir())
    assert not desk.store.ids()


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_a_form_may_arrive_in_pieces_of_any_size(client: TestClient, size: int) -> None:
    content = png()
    body = (
        b'--xyz\r\nContent-Disposition: form-data; name="images"; filename="a\xc3\xa9.png"\r\n\r\n'
        + content
        + b'\r\n--xyz\r\nContent-Disposition: form-data; name="model"\r\n\r\ntiny-cell\r\n--xyz--\r\n'
    )
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    answer = client.post(
        ANALYSES, params={"wait": 30}, content=pieces, headers={"content-type": 'multipart/form-data; boundary="xyz"'}
    )
    assert answer.json()["model"] == "tiny-cell"
    assert answer.json()["images"] == [
        {"number": 1, "name": "aé.png", "status": "done", "error": None, "note": "3 cells, 2 to look at"}
    ]


@pytest.fixture
def narrow(tmp_path: Path, tiny_bundle) -> Desk:
    limits = UploadLimits(file_bytes=2000, request_bytes=3000, files=2)
    return Desk(tmp_path, tiny_bundle().card, JobRules(timedelta(days=1), 2, limits))


@pytest.mark.parametrize("contents", [[b"x" * 2001], [b"x" * 1800, b"x" * 1800], [b"x"] * 3, [b"x" * 100_000]])
def test_too_much_is_refused_while_it_streams(narrow: Desk, contents: list[bytes]) -> None:
    with TestClient(create_api(narrow.service, narrow.worker, AccessRules()), base_url=BASE) as client:
        answer = client.post(ANALYSES, files=pictures(*contents))
    assert answer.status_code == 413
    assert answer.json()["hint"]
    assert not any((narrow.root / "drafts").iterdir())


def test_a_body_that_hides_its_length_is_refused_before_it_is_all_read(narrow: Desk) -> None:
    taken = []

    def endless():
        yield b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\n'
        while len(taken) < 10_000:
            taken.append(1)
            yield b'\r\n--x\r\nContent-Disposition: form-data; name="model"\r\n\r\n' * 20

    # Through ASGI itself: the client would collect the body first.
    pieces = endless()
    messages: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": next(pieces), "more_body": True}

    async def send(message: dict) -> None:
        messages.append(message)

    import anyio

    app = create_api(narrow.service, narrow.worker, AccessRules())
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": ANALYSES,
        "raw_path": ANALYSES.encode(), "root_path": "", "scheme": "http", "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"multipart/form-data; boundary=x")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    anyio.run(app, scope, receive, send)
    assert messages[0]["status"] == 413
    assert len(taken) < 100


def test_a_full_queue_answers_429_with_retry_after(narrow: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = threading.Event()
    narrow.before = lambda image: hold.wait()
    narrow.restart()
    with TestClient(create_api(narrow.service, narrow.worker, AccessRules()), base_url=BASE) as client:
        assert client.post(ANALYSES, files=pictures(png(), png())).status_code == 202
        answer = client.post(ANALYSES, files=pictures(png()))
        hold.set()
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


def test_others_are_answered_while_the_worker_works(desk: Desk) -> None:
    hold = threading.Event()
    desk.before = lambda image: hold.wait()
    desk.restart()
    with TestClient(create_api(desk.service, desk.worker, AccessRules()), base_url=BASE) as client:
        first = client.post(ANALYSES, files=pictures(png())).headers["location"]
        second = client.post(ANALYSES, files=pictures(png())).headers["location"]
        wait_until(lambda: client.get(first).json()["status"] == "running")
        assert client.get(second).json()["status"] in ("waiting", "running")
        assert client.get("/readyz").status_code == 200
        hold.set()
        wait_until(lambda: client.get(second).json()["status"] == "done")


def test_a_bad_wait_is_a_problem(client: TestClient) -> None:
    answer = client.post(ANALYSES, params={"wait": "long"}, files=pictures(png()))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_description_for_programs_names_every_route_and_the_form(client: TestClient) -> None:
    description = client.get("/api/openapi.json").json()
    assert {ANALYSES, f"{ANALYSES}/{{job_id}}", "/api/v1/models", "/healthz", "/readyz"} <= set(description["paths"])
    form = description["paths"][ANALYSES]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert set(form["properties"]) == {"images", "model"}
    assert json.dumps(description)


def test_the_description_for_people_loads_nothing(client: TestClient) -> None:
    page = client.get("/api/docs").text
    assert "POST" in page
    assert "/api/v1/analyses/{job_id}" in page
    assert "<script" not in page
    assert "https://" not in page


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unknown_addresses_of_the_api_are_problems_too(client: TestClient, method: str) -> None:
    answer = client.request(method, "/api/v2/analyses")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"

"""`leukoscope serve` in a process of its own, asked over HTTP."""

from __future__ import annotations

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fakes.desk import wait_until
from fakes.process import ServerProcess

ANALYSES = "/api/v1/analyses"
TOKEN = "correct horse battery"  # noqa: S105


@pytest.fixture(scope="module")
def server(models, tmp_path_factory):
    with ServerProcess(tmp_path_factory.mktemp("serve") / "data", models) as running:
        yield running


def files(*contents: bytes):
    return [("images", (f"field {number}.png", content)) for number, content in enumerate(contents, 1)]


def refused(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "leukoscope.cli", "serve", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_smear_sent_over_http_comes_back_with_its_cells(server, field_png):
    with server.client() as client:
        answer = client.post(ANALYSES, params={"model": "tiny-cell", "wait": 60}, files=files(field_png))
    assert answer.status_code == 200, answer.text
    (image,) = answer.json()["result"]["images"]
    assert image["kind"] == "field"
    assert len(image["cells"]) >= 6
    assert {cell["label"] for cell in image["cells"]} <= {"red", "green", "blue"}


def test_many_users_at_once_are_all_served(server, field_png):
    def ask(_: int) -> int:
        with server.client() as client:
            return client.post(ANALYSES, params={"model": "tiny-cell", "wait": 60}, files=files(field_png)).status_code

    with ThreadPoolExecutor(8) as users:
        assert list(users.map(ask, range(8))) == [200] * 8


def test_a_killed_server_finishes_its_jobs_when_it_is_started_again(models, field_png, tmp_path):
    with ServerProcess(tmp_path / "data", models) as first:
        with first.client() as client:
            job = client.post(ANALYSES, params={"model": "tiny-cell"}, files=files(*[field_png] * 12)).json()
            wait_until(lambda: client.get(job["links"]["self"]).json()["progress"]["done"] >= 2)
            before = client.get(job["links"]["self"]).json()
        first.kill()
    assert before["status"] == "running"
    with ServerProcess(tmp_path / "data", models) as second, second.client() as client:
        assert client.get(job["links"]["self"]).json()["progress"]["done"] >= before["progress"]["done"]
        wait_until(lambda: client.get(job["links"]["self"]).json()["status"] == "done", timeout_s=60)
        after = client.get(job["links"]["self"]).json()
        assert client.get(job["links"]["report"]).status_code == 200
    assert after["progress"] == {"done": 12, "failed": 0, "total": 12}
    assert [image["error"] for image in after["result"]["images"]] == [None] * 12


def test_the_token_is_asked_for_and_never_written_down(models, tmp_path):
    open_server = ServerProcess(tmp_path / "data", models, "--host", "0.0.0.0", LEUKOSCOPE_TOKEN=TOKEN)  # noqa: S104
    with open_server as server, server.client() as client:
        assert client.get("/").status_code == 401
        assert client.get("/", headers={"accept": "text/html"}).headers["location"] == "/login?next=/"
        assert client.get("/api/v1/models").status_code == 401
        assert client.get("/api/v1/models", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
        assert client.post("/login", data={"token": TOKEN}).status_code == 303
        assert client.get("/").status_code == 200
    assert TOKEN not in server.log.read_text()
    written = b"".join(file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file())
    assert TOKEN.encode() not in written


def test_letting_others_in_without_a_token_is_wrong_usage(tmp_path):
    done = refused("--host", "0.0.0.0", "--data-dir", str(tmp_path))  # noqa: S104
    assert done.returncode == 2
    assert "token" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_server_on_the_same_data_is_refused(models, tmp_path):
    with ServerProcess(tmp_path / "data", models):
        done = refused("--port", "0", "--data-dir", str(tmp_path / "data"))
    assert done.returncode == 2
    assert "Another leukoscope server" in done.stderr


def test_a_port_in_use_is_told_in_one_sentence(server, tmp_path):
    port = server.url.rsplit(":", 1)[-1]
    done = refused("--port", port, "--data-dir", str(tmp_path))
    assert done.returncode == 2
    assert "cannot be listened on" in done.stderr
    assert "Traceback" not in done.stderr


def test_analyze_imports_nothing_of_the_web():
    command = """if True:
        import sys
        import leukoscope.cli.main
        print([name for name in sys.modules if {"web", "fastapi", "nicegui", "sqlalchemy"} & set(name.split("."))])"""
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_is_left_in_the_folder_the_server_is_started_in(server):
    assert not (Path.cwd() / ".nicegui").exists()


def test_socket_io_is_closed_to_pages_of_other_sites(server):
    address = "/_nicegui_ws/socket.io/"
    upgrade = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    for headers in ({"origin": "http://evil.example"}, upgrade | {"origin": "http://evil.example"}):
        with server.client() as client:
            answer = client.get(address, params={"EIO": "4", "transport": "polling"}, headers=headers)
        assert answer.status_code == 403


def test_an_upload_that_breaks_off_leaves_nothing(server):
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST {ANALYSES} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 9999\r\n"
        head += "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        part = '--x\r\nContent-Disposition: form-data; name="images"; filename="a.png"\r\n\r\nhalf a pict'
        connection.sendall((head + part).encode())
        wait_until(lambda: any(server.drafts()))
    wait_until(lambda: not any(server.drafts()))
    assert "Traceback" not in server.log.read_text()


def test_unknown_pages_are_told_as_such(server):
    with server.client() as client:
        for address in ("/nowhere", "/analyses/no-such-id"):
            answer = client.get(address, headers={"accept": "text/html"})
            assert answer.status_code == 404
            assert "There is no such" in answer.text

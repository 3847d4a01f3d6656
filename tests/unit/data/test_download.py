from __future__ import annotations

import hashlib
import http.server
import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from leukoscope.data.download import FetchLimits, fetch
from leukoscope.data.sources.source import Download
from leukoscope.errors import DataError

CONTENT = bytes(range(256)) * 4096  # 1 MiB
LIMITS = FetchLimits(timeout_s=5, attempts=4, pause_s=0, spare_bytes=0, plain_hosts=("127.0.0.1",))


@dataclass
class Behavior:
    """What the server does, and what it was asked."""

    content: bytes = CONTENT
    etag: str | None = '"one"'
    ranges: bool = True
    breaks_after: list[int] = field(default_factory=list)  # bytes sent before the connection is cut, per request
    redirect: str | None = None
    status: int | None = None
    asked: list[str | None] = field(default_factory=list)


@pytest.fixture
def behavior() -> Behavior:
    return Behavior()


def handler(behavior: Behavior) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            behavior.asked.append(asked)
            if behavior.redirect and self.path != "/moved":
                self.send_response(302)
                self.send_header("Location", behavior.redirect)
                self.end_headers()
                return
            if behavior.status:
                self.send_error(behavior.status)
                return
            start, fits = 0, self.headers.get("If-Range") in (None, behavior.etag)
            if asked and behavior.ranges and fits:
                start = int(asked.removeprefix("bytes=").rstrip("-"))
                if start >= len(behavior.content):
                    self.send_error(416)
                    return
                self.send_response(206)
                last = len(behavior.content) - 1
                self.send_header("Content-Range", f"bytes {start}-{last}/{len(behavior.content)}")
            else:
                self.send_response(200)
            if behavior.etag:
                self.send_header("ETag", behavior.etag)
            body = behavior.content[start:]
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: behavior.breaks_after.pop(0)] if behavior.breaks_after else body)

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    return Handler


@contextmanager
def serving(behavior: Behavior, certificate: Path | None = None) -> Iterator[int]:
    """A server on this machine, encrypted where it has a certificate; its port."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(behavior)) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def address(behavior: Behavior) -> Iterator[str]:
    with serving(behavior) as port:
        yield f"http://127.0.0.1:{port}/file"


@pytest.fixture
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine that no authority signed, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    made = tmp_path_factory.mktemp("certificate")
    asked = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([openssl, *asked.split(), "-keyout", "key.pem", "-out", "cert.pem"], cwd=made, check=True)
    both = made / "both.pem"
    both.write_text((made / "cert.pem").read_text() + (made / "key.pem").read_text())
    return both


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def file_of(address: str, **told: str) -> Download:
    return Download(address, "set.bin", **told)  # type: ignore[arg-type]


def test_a_file_comes_whole_and_is_held_against_the_published_checksum(address: str, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    fetched = fetch(
        file_of(address, sha256=sha256(CONTENT)),
        tmp_path,
        LIMITS,
        after_each=lambda done, total: seen.append((done, total)),
    )
    assert fetched.path.read_bytes() == CONTENT
    assert fetched.proof == "published"
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["downloads.json", "set.bin"]


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(address: str, behavior: Behavior, tmp_path: Path) -> None:
    behavior.breaks_after = [300_000, 200_000]
    assert fetch(file_of(address), tmp_path, LIMITS).path.read_bytes() == CONTENT
    assert behavior.asked == [None, "bytes=300000-", "bytes=500000-"]


def test_the_next_run_goes_on_where_the_last_one_gave_up(address: str, behavior: Behavior, tmp_path: Path) -> None:
    behavior.breaks_after = [100_000]
    with pytest.raises(DataError, match="100000 bytes are here"):
        fetch(file_of(address), tmp_path, FetchLimits(attempts=1, spare_bytes=0, plain_hosts=("127.0.0.1",)))
    assert fetch(file_of(address), tmp_path, LIMITS).sha256 == sha256(CONTENT)
    assert behavior.asked[-1] == "bytes=100000-"


@pytest.mark.parametrize("lacks", ["ranges", "etag"])
def test_a_server_that_cannot_resume_is_asked_from_the_start(
    address: str, behavior: Behavior, tmp_path: Path, lacks: str
) -> None:
    behavior.breaks_after = [300_000]
    setattr(behavior, lacks, False if lacks == "ranges" else None)
    assert fetch(file_of(address), tmp_path, LIMITS).path.read_bytes() == CONTENT


def test_a_file_that_changed_between_two_attempts_is_never_pasted_together(
    address: str, behavior: Behavior, tmp_path: Path
) -> None:
    behavior.breaks_after = [300_000]
    with pytest.raises(DataError):
        fetch(file_of(address), tmp_path, FetchLimits(attempts=1, spare_bytes=0, plain_hosts=("127.0.0.1",)))
    behavior.content, behavior.etag = CONTENT[::-1], '"two"'
    assert fetch(file_of(address), tmp_path, LIMITS).path.read_bytes() == CONTENT[::-1]


def test_a_file_that_shrank_between_two_attempts_starts_again(address: str, behavior: Behavior, tmp_path: Path) -> None:
    behavior.breaks_after = [300_000]
    with pytest.raises(DataError):
        fetch(file_of(address), tmp_path, FetchLimits(attempts=1, spare_bytes=0, plain_hosts=("127.0.0.1",)))
    behavior.content = CONTENT[:1000]
    assert fetch(file_of(address), tmp_path, LIMITS).path.read_bytes() == CONTENT[:1000]


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_a_wrong_checksum_leaves_nothing_behind(address: str, tmp_path: Path, kind: str) -> None:
    with pytest.raises(DataError, match="that its owners publish"):
        fetch(file_of(address, **{kind: "0" * (64 if kind == "sha256" else 32)}), tmp_path, LIMITS)
    assert list(tmp_path.iterdir()) == []


def test_an_md5_is_held_against_where_the_owners_publish_no_other(address: str, tmp_path: Path) -> None:
    md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    assert fetch(file_of(address, md5=md5), tmp_path, LIMITS).proof == "published"


def test_without_a_published_checksum_the_first_one_is_recorded_and_a_changed_file_is_refused(
    address: str, behavior: Behavior, tmp_path: Path
) -> None:
    assert fetch(file_of(address), tmp_path, LIMITS).proof == "first"
    assert json.loads((tmp_path / "downloads.json").read_text()) == {"set.bin": sha256(CONTENT)}
    assert fetch(file_of(address), tmp_path, LIMITS).proof == "recorded"
    (tmp_path / "set.bin").unlink()
    behavior.content = b"something else"
    with pytest.raises(DataError, match="of the first download"):
        fetch(file_of(address), tmp_path, LIMITS)


def test_a_file_that_is_here_is_checked_and_not_fetched_again(address: str, behavior: Behavior, tmp_path: Path) -> None:
    fetch(file_of(address), tmp_path, LIMITS)
    fetch(file_of(address), tmp_path, LIMITS)
    assert len(behavior.asked) == 1
    (tmp_path / "set.bin").write_bytes(b"damaged")
    with pytest.raises(DataError, match="checksum"):
        fetch(file_of(address), tmp_path, LIMITS)
    assert (tmp_path / "set.bin").read_bytes() == b"damaged", "a file of the user is never removed"


@pytest.mark.parametrize("url", ["http://example.org/set.zip", "ftp://example.org/set.zip", "file" + ":///etc/hosts"])
def test_only_encrypted_addresses_are_fetched(url: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not HTTPS"):
        fetch(Download(url, "set.zip"), tmp_path)


def test_a_redirect_to_an_address_without_encryption_is_not_followed(
    address: str, behavior: Behavior, tmp_path: Path
) -> None:
    behavior.redirect = "http://example.org/elsewhere"
    with pytest.raises(DataError, match="not HTTPS"):
        fetch(file_of(address), tmp_path, LIMITS)


def test_an_allowed_redirect_is_followed(address: str, behavior: Behavior, tmp_path: Path) -> None:
    behavior.redirect = address.replace("/file", "/moved")
    assert fetch(file_of(address), tmp_path, LIMITS).sha256 == sha256(CONTENT)


def test_an_encrypted_server_is_asked_where_its_certificate_is_trusted(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(Behavior(breaks_after=[300_000]), certificate) as port:
        fetched = fetch(file_of(f"https://127.0.0.1:{port}/file"), tmp_path, LIMITS)
    assert fetched.sha256 == sha256(CONTENT)


def test_a_server_whose_certificate_nobody_signed_is_not_believed(certificate: Path, tmp_path: Path) -> None:
    behavior = Behavior()
    with serving(behavior, certificate) as port, pytest.raises(DataError, match="certificate is not trusted"):
        fetch(file_of(f"https://127.0.0.1:{port}/file"), tmp_path, LIMITS)
    assert behavior.asked == []


def test_a_missing_file_is_told_at_once(address: str, behavior: Behavior, tmp_path: Path) -> None:
    behavior.status = 404
    with pytest.raises(DataError, match="answers 404"):
        fetch(file_of(address), tmp_path, LIMITS)
    assert len(behavior.asked) == 1


def test_a_server_that_is_overloaded_is_asked_again(address: str, behavior: Behavior, tmp_path: Path) -> None:
    behavior.status = 503
    with pytest.raises(DataError, match="broke off 4 times"):
        fetch(file_of(address), tmp_path, LIMITS)
    assert len(behavior.asked) == 4


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        (lambda: FetchLimits(max_bytes=1000, spare_bytes=0, plain_hosts=("127.0.0.1",)), "larger than"),
        (lambda: FetchLimits(spare_bytes=1 << 60, plain_hosts=("127.0.0.1",)), "are free"),
    ],
)
def test_a_file_that_does_not_fit_is_not_begun(
    address: str, tmp_path: Path, limits: Callable[[], FetchLimits], what: str
) -> None:
    with pytest.raises(DataError, match=what):
        fetch(file_of(address), tmp_path, limits())
    assert not [path for path in tmp_path.iterdir() if path.stat().st_size > 0]


def test_a_damaged_record_is_told(address: str, tmp_path: Path) -> None:
    (tmp_path / "downloads.json").write_text("[1]")
    with pytest.raises(DataError, match=r"downloads\.json cannot be read"):
        fetch(file_of(address), tmp_path, LIMITS)

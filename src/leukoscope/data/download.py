"""How does a public data set get here?  Over HTTPS, resumed where it broke off, held against a checksum."""

from __future__ import annotations

import hashlib
import http.client
import json
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO, Literal
from urllib.parse import urlsplit

from leukoscope.data.manifest_files import sha256_of
from leukoscope.data.sources.source import Download
from leukoscope.errors import DataError

RECORD = "downloads.json"
_CHUNK = 1 << 18
_WORTH_RETRYING = (408, 429, 500, 502, 503, 504)
_NOT_SATISFIABLE = 416
Proof = Literal["published", "recorded", "first"]
"""What a file was held against: the owners' checksum, the one of an earlier download, or nothing yet."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a download may take.

    Attributes:
        timeout_s: Longest silence of the server, in seconds.
        attempts: How often a broken download is taken up again.
        pause_s: Wait before the second attempt, in seconds; it doubles from one to the next.
        max_bytes: Largest file that is fetched.
        spare_bytes: What must stay free on the disk.
        plain_hosts: Hosts that are asked without encryption; for tests with a server on the same machine.
    """

    timeout_s: float = 60.0
    attempts: int = 5
    pause_s: float = 1.0
    max_bytes: int = 32 << 30
    spare_bytes: int = 1 << 30
    plain_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is here and was held against its checksum."""

    path: Path
    sha256: str
    proof: Proof


class _BrokenOffError(Exception):
    """The connection failed in a way that another attempt may mend."""


def fetch(
    download: Download,
    folder: Path,
    limits: FetchLimits | None = None,
    *,
    after_each: Callable[[int, int | None], None] = lambda done, total: None,
) -> Fetched:
    """Fetch a file, or go on where an earlier attempt stopped; a file that is already here is only checked.

    Where the owners publish no checksum, that of the first download is recorded in `downloads.json` and later ones are
    held against it: this shows that a file changed, not that the first was right.

    Args:
        download: What to fetch.
        folder: Where it goes; it is made.
        limits: What it may take.
        after_each: Called with the bytes that are here and those there will be (None: not told) after each piece.

    Raises:
        DataError: The address is not HTTPS, the server refuses, the file is too large, or it is not the one expected.
    """
    limits = limits or FetchLimits()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / download.filename
    if not target.is_file():
        _check_address(download.url, limits)
        unfinished = folder / f".{download.filename}.part"
        _fetch_in_attempts(download, unfinished, limits, after_each)
        fetched = _proved(download, unfinished, folder)
        unfinished.replace(target)
        _validator_file(unfinished).unlink(missing_ok=True)
        return Fetched(target, fetched.sha256, fetched.proof)
    return _proved(download, target, folder)


def _check_address(url: str, limits: FetchLimits) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in limits.plain_hosts):
        return
    raise DataError(f"{url} is not fetched: its address is not HTTPS.", hint="Fetch the file by hand if you trust it.")


def _fetch_in_attempts(
    download: Download, unfinished: Path, limits: FetchLimits, after_each: Callable[[int, int | None], None]
) -> None:
    for attempt in range(limits.attempts):
        try:
            return _fetch_rest(download, unfinished, limits, after_each)
        except _BrokenOffError as fault:
            if attempt + 1 == limits.attempts:
                here = unfinished.stat().st_size if unfinished.exists() else 0
                raise DataError(
                    f"{download.url} broke off {limits.attempts} times, {here} bytes are here: {fault}",
                    hint="The same command goes on from there.",
                ) from fault
            time.sleep(limits.pause_s * 2**attempt)
    return None


def _fetch_rest(
    download: Download, unfinished: Path, limits: FetchLimits, after_each: Callable[[int, int | None], None]
) -> None:
    here, validator = _state_of(unfinished)
    try:
        with _open(download.url, here, validator, limits) as answer:
            here = _start_of(answer, here)
            total = _total(answer, here)
            _check_room(download, unfinished, here, total, limits)
            _keep_validator(unfinished, answer.headers)
            _append(answer, unfinished, here, total, limits, after_each)
    except urllib.error.HTTPError as fault:
        if fault.code == _NOT_SATISFIABLE:  # the file is shorter than what is here: it is another one now
            unfinished.unlink(missing_ok=True)
        elif fault.code not in _WORTH_RETRYING:
            what = f"{download.url} answers {fault.code} {fault.reason}."
            raise DataError(what, hint="See the set's card for its page: leukoscope data import --card NAME") from fault
        raise _BrokenOffError(f"{fault.code} {fault.reason}") from fault
    except (OSError, http.client.HTTPException) as fault:
        if isinstance(getattr(fault, "reason", fault), ssl.SSLCertVerificationError):
            raise DataError(
                f"{download.url} is not fetched: its certificate is not trusted ({fault}).",
                hint="Where a proxy of your own stands between, name its authority in SSL_CERT_FILE.",
            ) from fault
        raise _BrokenOffError(str(fault) or type(fault).__name__) from fault


class _OnlyEncrypted(urllib.request.HTTPRedirectHandler):
    """Follows redirects to HTTPS only."""

    def __init__(self, limits: FetchLimits) -> None:
        self._limits = limits

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        """The next request, where its address is allowed."""
        _check_address(newurl, self._limits)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _open(url: str, here: int, validator: str | None, limits: FetchLimits) -> http.client.HTTPResponse:
    headers = {"User-Agent": "leukoscope", "Accept-Encoding": "identity"}
    if here and validator:
        headers |= {"Range": f"bytes={here}-", "If-Range": validator}
    opener = urllib.request.build_opener(_OnlyEncrypted(limits))
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme was checked
    answer: http.client.HTTPResponse = opener.open(request, timeout=limits.timeout_s)
    return answer


def _start_of(answer: http.client.HTTPResponse, here: int) -> int:
    """Where the bytes of an answer belong: behind what is here, or at the start."""
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise DataError(f"{answer.url} answers with an encoding that was not asked for.", hint="Fetch it by hand.")
    told = answer.headers.get("Content-Range", "")
    if answer.status == http.client.PARTIAL_CONTENT and told.startswith(f"bytes {here}-"):
        return here
    if answer.status == http.client.OK:
        return 0
    raise DataError(f"{answer.url} answers {answer.status} {told} to a request from byte {here}.")


def _total(answer: http.client.HTTPResponse, start: int) -> int | None:
    told = answer.headers.get("Content-Length")
    return start + int(told) if told and told.isdecimal() else None


def _check_room(download: Download, unfinished: Path, start: int, total: int | None, limits: FetchLimits) -> None:
    expected = total if total is not None else download.size
    if expected is None:
        return
    if expected > limits.max_bytes:
        raise _too_large(download, limits)
    free = shutil.disk_usage(unfinished.parent).free
    if free < expected - start + limits.spare_bytes:
        raise DataError(
            f"{download.filename} needs {(expected - start) / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free.",
            hint=f"Make room, or give a folder on another disk; {limits.spare_bytes / 1e9:.1f} GB must stay free.",
        )


def _too_large(download: Download, limits: FetchLimits) -> DataError:
    return DataError(
        f"{download.url} is larger than {limits.max_bytes / 1e9:.1f} GB.", hint="Fetch it by hand if that is right."
    )


def _append(
    answer: http.client.HTTPResponse,
    unfinished: Path,
    start: int,
    total: int | None,
    limits: FetchLimits,
    after_each: Callable[[int, int | None], None],
) -> None:
    with unfinished.open("r+b" if start else "wb") as file:
        file.truncate(start)
        file.seek(start)
        here = start
        while piece := answer.read(_CHUNK):
            here += len(piece)
            if here > limits.max_bytes:
                raise DataError(f"{answer.url} sends more than {limits.max_bytes / 1e9:.1f} GB.", hint="Stopped.")
            file.write(piece)
            after_each(here, total)
    if total is not None and here < total:
        raise _BrokenOffError(f"{total - here} bytes are missing")


# --- what is kept beside an unfinished file ---------------------------------------------------------------------------


def _validator_file(unfinished: Path) -> Path:
    return unfinished.with_name(f"{unfinished.name}.validator")


def _keep_validator(unfinished: Path, headers: Message) -> None:
    """Keep what tells this version of the file from another, for If-Range (RFC 9110, section 13.1.5)."""
    tag = headers.get("ETag", "")
    validator = tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")
    _validator_file(unfinished).write_text(validator, encoding="utf-8")


def _state_of(unfinished: Path) -> tuple[int, str | None]:
    """How many bytes are here, and which version they are of; without a version it starts again."""
    kept = _validator_file(unfinished)
    validator = kept.read_text(encoding="utf-8") if kept.is_file() else ""
    if not validator or not unfinished.is_file():
        return 0, None
    return unfinished.stat().st_size, validator


# --- checksums --------------------------------------------------------------------------------------------------------


def _proved(download: Download, file: Path, folder: Path) -> Fetched:
    """The file, held against the owners' checksum or the recorded one; what does not fit is removed if unfinished."""
    sha256 = sha256_of(file)
    recorded = _recorded(folder).get(download.filename)
    if download.sha256 is not None:
        expected, found, proof = download.sha256, sha256, "published"
    elif download.md5 is not None:
        expected, found, proof = download.md5, _md5_of(file), "published"
    else:
        expected, found, proof = recorded or sha256, sha256, "recorded" if recorded else "first"
    if expected != found:
        if file.name.endswith(".part"):
            file.unlink()
            _validator_file(file).unlink(missing_ok=True)
        whose = "of the first download" if proof == "recorded" else "that its owners publish"
        raise DataError(
            f"{download.filename} has the checksum {found}, not {expected} {whose}.",
            hint=f"It changed or is damaged: fetch it again, and if it stays so, look at the set's page first. "
            f"Recorded checksums stand in {folder / RECORD}.",
        )
    _record(folder, download.filename, sha256)
    return Fetched(file, sha256, "published" if proof == "published" else "recorded" if recorded else "first")


def _md5_of(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _recorded(folder: Path) -> dict[str, str]:
    record = folder / RECORD
    try:
        said = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
        return {str(name): str(sha256) for name, sha256 in said.items()}
    except (ValueError, AttributeError) as fault:
        raise DataError(f"{record} cannot be read: {fault}", hint="Mend it, or remove it to record anew.") from fault


def _record(folder: Path, filename: str, sha256: str) -> None:
    record = _recorded(folder) | {filename: sha256}
    unfinished = folder / f".{RECORD}.tmp"
    unfinished.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    unfinished.replace(folder / RECORD)

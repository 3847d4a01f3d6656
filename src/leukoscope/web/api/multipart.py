"""Reads multipart/form-data as it streams in: pictures go to disk piece by piece, nothing whole is kept in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from leukoscope.errors import InvalidValueError, TooLargeError
from leukoscope.service.uploads import UploadDraft, UploadLimits

IMAGES, MODEL = "images", "model"
MAX_FIELD_BYTES = 1000
_HINT = "Send multipart/form-data with one or more files in the field `images`."


async def receive_form(request: Request, draft: UploadDraft, limits: UploadLimits) -> dict[str, str]:
    """Read a request's form: files of the field `images` into the draft, short fields into the answer.

    Raises:
        TooLargeError: A limit was passed; reading stops there.
        InvalidValueError: The body is no such form.
    """
    _check_length(request, limits)
    reader = _FormReader(_boundary(request), draft)
    received = 0
    async for piece in request.stream():
        received += len(piece)
        if received > limits.body_bytes:
            raise _too_large(limits)
        if piece:
            # Writing may wait for the disk, which must not hold up the requests of others.
            await run_in_threadpool(reader.feed, piece)
    return reader.close()


def _check_length(request: Request, limits: UploadLimits) -> None:
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > limits.body_bytes:
        raise _too_large(limits)


def _too_large(limits: UploadLimits) -> TooLargeError:
    return TooLargeError(
        f"The request is larger than {limits.request_bytes / 2**20:g} MiB.", hint="Send the pictures in several."
    )


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise InvalidValueError("The request is not multipart/form-data.", hint=_HINT)
    return options[b"boundary"]


@dataclass(slots=True)
class _Part:
    """The part of the form being read."""

    headers: dict[bytes, bytes] = field(default_factory=dict)
    header_name: bytes = b""
    header_value: bytes = b""
    name: str = ""
    is_file: bool = False
    value: bytes = b""


class _FormReader:
    """Turns the parser's callbacks into calls of the draft."""

    def __init__(self, boundary: bytes, draft: UploadDraft) -> None:
        self._draft = draft
        self._part = _Part()
        self._fields: dict[str, str] = {}
        self._ended = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_headers,
                    "on_part_data": self._data,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
            )
        except FormParserError as fault:
            raise InvalidValueError("The form's boundary is too long.", hint=_HINT) from fault

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the body."""
        try:
            self._parser.write(piece)
        except FormParserError as fault:
            raise InvalidValueError("The form is damaged.", hint=_HINT) from fault

    def close(self) -> dict[str, str]:
        """The short fields; raises when the body ended too early."""
        if not self._ended:
            raise InvalidValueError("The form ends too early.", hint="The connection broke off; send it again.")
        return self._fields

    def _begin_part(self) -> None:
        self._part = _Part()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._part.header_name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.header_value += data[start:end]

    def _end_header(self) -> None:
        part = self._part
        part.headers[part.header_name.lower()] = part.header_value
        part.header_name = part.header_value = b""

    def _end_headers(self) -> None:
        part = self._part
        _, options = parse_options_header(part.headers.get(b"content-disposition", b""))
        part.name = options.get(b"name", b"").decode("utf-8", "replace")
        part.is_file = b"filename" in options
        if part.is_file and part.name != IMAGES:
            raise InvalidValueError(f"Files are expected in the field {IMAGES!r}, not {part.name[:40]!r}.", hint=_HINT)
        if not part.is_file and part.name != MODEL:
            raise InvalidValueError(f"There is no field {part.name[:40]!r}.", hint=_HINT)
        if part.is_file:
            self._draft.begin_file(options[b"filename"].decode("utf-8", "replace"))

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if part.is_file:
            self._draft.write(data[start:end])
            return
        part.value += data[start:end]
        if len(part.value) > MAX_FIELD_BYTES:
            raise InvalidValueError(f"The field {part.name!r} is too long.", hint=_HINT)

    def _end_part(self) -> None:
        if self._part.is_file:
            self._draft.end_file()
        else:
            self._fields[self._part.name] = self._part.value.decode("utf-8", "replace")

    def _end(self) -> None:
        self._ended = True

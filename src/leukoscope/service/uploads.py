"""Taking in pictures piece by piece: limits while they stream, names cleaned, nothing whole in memory."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from leukoscope.errors import InvalidValueError, TooLargeError
from leukoscope.service.job_ports import JobFolders

MAX_NAME = 120


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """How much one request may bring.

    Attributes:
        file_bytes: Bytes of one picture.
        request_bytes: Bytes of all pictures together.
        files: Pictures.
    """

    file_bytes: int = 64 * 2**20
    request_bytes: int = 1024 * 2**20
    files: int = 500

    @property
    def body_bytes(self) -> int:
        """Bytes a whole request body may have: the pictures and what multipart adds around them."""
        return self.request_bytes + 4096 * (self.files + 4)


class UploadDraft:
    """Pictures on their way in, kept as numbered files; not yet a job.

    What was not submitted when it closes is removed.
    """

    def __init__(self, folders: JobFolders, limits: UploadLimits) -> None:
        self._folders, self._limits = folders, limits
        self.folder = folders.new_draft()
        self._names: list[str] = []
        self._total = self._size = 0
        self._stream: BinaryIO | None = None

    def begin_file(self, name: str) -> None:
        """Start the next picture.

        Args:
            name: What the sender calls it; only ever shown, never used as a path.

        Raises:
            TooLargeError: There are too many.
        """
        self.end_file()
        if len(self._names) >= self._limits.files:
            raise TooLargeError(
                f"At most {self._limits.files} pictures are taken in one request.",
                hint="Send them in several, or use `leukoscope analyze` for whole folders.",
            )
        self._names.append(_unique(clean_name(name), self._names))
        self._size = 0
        self._stream = (self.folder / f"{len(self._names):04d}").open("xb")

    def write(self, piece: bytes) -> None:
        """Add bytes to the picture that was begun.

        Raises:
            TooLargeError: The picture, or all together, grew past the limit.
        """
        if self._stream is None:
            raise InvalidValueError("Bytes came before a file was begun.", hint="Send multipart/form-data.")
        self._size += len(piece)
        self._total += len(piece)
        if self._size > self._limits.file_bytes:
            raise TooLargeError(
                f"{self._names[-1]} is larger than {_mib(self._limits.file_bytes)} MiB.",
                hint="Save it compressed, or cut it into fields.",
            )
        if self._total > self._limits.request_bytes:
            raise TooLargeError(
                f"The pictures together are larger than {_mib(self._limits.request_bytes)} MiB.",
                hint="Send them in several requests.",
            )
        self._stream.write(piece)

    def end_file(self) -> None:
        """Close the picture that was begun, if any."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the pictures so far, cleaned and unique."""
        return tuple(self._names)

    def close(self) -> None:
        """Remove what did not become a job."""
        self.end_file()
        self._folders.discard(self.folder)


def clean_name(name: str) -> str:
    r"""The last part of a file name without anything that could confuse a reader.

    Example:
        >>> clean_name("C:\\smears\\a\x00b.png"), clean_name("../../etc/passwd"), clean_name("")
        ('ab.png', 'passwd', 'image')
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    # Control and format characters (category C) could hide or turn around text on a page or in a terminal.
    printable = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C").strip()
    return printable[-MAX_NAME:] or "image"


def _unique(name: str, taken: list[str]) -> str:
    if name not in taken:
        return name
    stem, suffix = Path(name).stem, Path(name).suffix
    number = 2
    while (other := f"{stem} ({number}){suffix}") in taken:
        number += 1
    return other


def _mib(count: int) -> str:
    return f"{count / 2**20:g}"

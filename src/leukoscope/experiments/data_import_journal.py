"""Which pictures did an interrupted import measure?  Kept beside the manifest to be until that is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from leukoscope import __version__
from leukoscope.data.copies import Fingerprint, Unreadable
from leukoscope.data.noted_lines import add_line, open_lines, read_lines

State = tuple[int, int]
"""Size in bytes and time of the last change in ns: where both are the same, the file is taken to be the same."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found out of a picture: hashes and sides in pixels; or, in `fault`, why it cannot be read."""

    sha256: str | None = None
    phash: str | None = None
    width: int | None = None
    height: int | None = None
    fault: str = ""

    @classmethod
    def of(cls, found: Fingerprint | Unreadable) -> Measured:
        """What a fingerprint tells of it."""
        if isinstance(found, Unreadable):
            return cls(fault=found.message)
        return cls(found.sha256, found.phash, found.width, found.height)


@dataclass(frozen=True, slots=True)
class ImportJournal:
    """The notes of one import: the folder that paths start from, and what was measured before, by path."""

    base: Path
    _known: dict[str, tuple[State, Measured]]
    _stream: TextIO

    def known(self, path: str) -> Measured | None:
        """What an earlier run noted of a picture; None where nothing, or where the file has changed since."""
        noted = self._known.get(path)
        return noted[1] if noted is not None and noted[0] == _state(self.base / path) else None

    def note(self, path: str, found: Measured) -> None:
        """Note a picture; one that is not there is not noted, for it may come."""
        state = _state(self.base / path)
        if state is not None:
            told: list[object] = [found.sha256, found.phash, found.width, found.height, found.fault]
            add_line(self._stream, [path, *state, *told])


@contextmanager
def open_journal(manifest: Path, base: Path) -> Iterator[ImportJournal]:
    """The journal of a manifest that is to be written; it goes when the block ends without fault.

    Args:
        manifest: The manifest.
        base: Folder that the paths of its pictures start from. Notes on another one, or of another version, are
            thrown away.
    """
    path = manifest.with_name(f".{manifest.name}.measured")
    manifest.parent.mkdir(parents=True, exist_ok=True)
    head: list[object] = [str(base.resolve()), __version__]
    lines = list(read_lines(path))
    if not lines or lines[0] != head:
        lines = []
        path.unlink(missing_ok=True)
    known = {name: ((size, time), Measured(*told)) for name, size, time, *told in lines[1:]}
    with open_lines(path) as stream:
        if not lines:
            add_line(stream, head)
        yield ImportJournal(base, known, stream)
    path.unlink(missing_ok=True)


def _state(path: Path) -> State | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns

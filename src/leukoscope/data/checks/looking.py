"""One pass over the files of a check: is each whole, what is it, and what do the probes see of it?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from leukoscope.data.checks.files import FileFacts
from leukoscope.data.checks.gathered import Gathered
from leukoscope.data.copies import Unreadable, fingerprint
from leukoscope.data.probes.looks import Look, file_numbers, look_at
from leukoscope.errors import InputError, ManifestError
from leukoscope.imaging.reading import read_image


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What became of one file: its facts, and what the probes see of it (None where it cannot be read)."""

    facts: FileFacts
    look: Look | None = None


def look_at_all(gathered: Gathered) -> Iterator[Seen]:
    """Read every picture once, on all cores; told one by one in the order of the rows."""
    pool = ThreadPoolExecutor()
    try:
        yield from pool.map(lambda row: _look(gathered, row), range(len(gathered)))
    finally:
        pool.shutdown(cancel_futures=True)


def _look(gathered: Gathered, row: int) -> Seen:
    try:
        path = gathered.locate(row)
    except ManifestError as fault:
        return Seen(FileFacts(fault=str(fault), missing=True))
    if not path.exists():
        return Seen(FileFacts(fault="There is no such file.", missing=True))
    found = fingerprint(path)
    if isinstance(found, Unreadable):
        return Seen(FileFacts(fault=found.message))
    told = next((warning for warning in found.warnings if warning.startswith("The file's name ends in")), "")
    facts = FileFacts("", False, found.sha256, found.phash, found.width, found.height, found.mode, told)
    return Seen(facts, _look_at(path))


def _look_at(path: Path) -> Look | None:
    try:
        image = read_image(path)
        return look_at(image.pixels, file_numbers(path, image.width, image.height))
    except (InputError, OSError):  # gone since it was read first
        return None

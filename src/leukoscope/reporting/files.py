"""Files that appear whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from leukoscope.reporting.wording import clean


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A text file (UTF-8) that takes the place of `path` once it is written to the end."""
    unfinished = path.with_name(f".{path.name}.tmp")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_page(path: Path, parts: Iterable[str]) -> Path:
    """Write a page part by part into a folder that is made when needed.

    Raises:
        Whatever making a part raises; the page that was there before stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as stream:
        for part in parts:
            stream.write(clean(part))
    return path

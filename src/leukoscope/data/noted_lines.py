"""What did a run that was stopped finish?  One line of JSON per finished piece, in a file that is only added to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO


def read_lines(path: Path) -> Iterator[list[Any]]:
    """The lists that were noted; none where there is no file.

    The half line that a killed run left is passed over.
    """
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, list):
            yield said


@contextmanager
def open_lines(path: Path) -> Iterator[TextIO]:
    """A file to which lines are added; what comes next is never joined to the half line of a killed run."""
    if path.is_file() and (content := path.read_bytes()) and not content.endswith(b"\n"):
        path.write_bytes(content + b"\n")
    with path.open("a", encoding="utf-8") as stream:
        yield stream


def add_line(stream: TextIO, values: list[object]) -> None:
    """Note a list at once, so that nothing is lost when the run is stopped right after."""
    stream.write(json.dumps(values, ensure_ascii=False) + "\n")
    stream.flush()

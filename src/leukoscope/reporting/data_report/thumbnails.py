"""Small pictures for a page: read, shrunk and let go, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from leukoscope.errors import LeukoscopeError
from leukoscope.imaging.drawing import shrink
from leukoscope.imaging.reading import read_image
from leukoscope.reporting.artist import data_uri

_QUALITY = 80

Locate = Callable[[str], Path | None]
"""Where a picture that a finding names lies; None where nobody knows."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture as a data URI, or why there is none."""

    uri: str
    width: int
    height: int
    missing: str = ""


def thumbnail(name: str, locate: Locate, side: int) -> Thumbnail:
    """The picture of that name, at most `side` pixels wide and high."""
    try:
        path = locate(name)
        if path is None:
            return Thumbnail("", side, side, "The file is not at hand.")
        small = shrink(read_image(path).pixels, side)
    except LeukoscopeError as fault:
        return Thumbnail("", side, side, fault.message)
    except (OSError, ValueError):
        # ValueError: a name with a NUL byte.
        return Thumbnail("", side, side, "The file cannot be opened.")
    return Thumbnail(data_uri(small, _QUALITY), small.shape[1], small.shape[0])

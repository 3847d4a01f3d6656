"""Which pictures of a folder are the set's?  Told by their file names, as their owners gave them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from leukoscope.data.sources.source import Problem
from leukoscope.errors import ManifestError
from leukoscope.imaging.formats.recognition import PICTURE_SUFFIXES

_SAMPLE = 300
_NOT_ONES_OWN = ("__MACOSX",)


@dataclass(frozen=True, slots=True)
class NamedPicture:
    """A picture and what its name says.

    Attributes:
        path: Path below the folder of the set, with forward slashes.
        said: What the pattern of the set found in the path.
    """

    path: str
    said: re.Match[str]


@dataclass(frozen=True, slots=True)
class NamedPictures:
    """The pictures of a set, sorted by path, and those whose names are not of the set."""

    pictures: tuple[NamedPicture, ...]
    problems: tuple[Problem, ...]


def find_named(root: Path, pattern: re.Pattern[str], expected: str) -> NamedPictures:
    """All pictures below a folder whose path ends as the pattern says.

    Args:
        root: The folder.
        pattern: Searched in each path below the folder, with forward slashes.
        expected: How a name should look, for people.

    Raises:
        ManifestError: The folder is missing, or none of its pictures is named so.
    """
    named, strangers = [], []
    for path in sorted(paths_below(root)):
        said = pattern.search(path)
        if said is not None:
            named.append(NamedPicture(path, said))
        elif Path(path).suffix.lower() in PICTURE_SUFFIXES:
            strangers.append(Problem(path, None, f"The name is not like {expected}; the picture is left out."))
    if not named:
        raise ManifestError(
            f"{root} holds no picture named like {expected}.",
            hint="Give the folder of the set, or another name; `leukoscope data import --list` tells them.",
        )
    return NamedPictures(tuple(named), tuple(strangers))


def looks_named(root: Path, pattern: re.Pattern[str]) -> bool:
    """Whether at least nine of ten of the first pictures below a folder are named as the pattern says."""
    if not root.is_dir():
        return False
    pictures = (path for path in paths_below(root) if Path(path).suffix.lower() in PICTURE_SUFFIXES)
    first = list(islice(pictures, _SAMPLE))
    return bool(first) and sum(pattern.search(path) is not None for path in first) >= 0.9 * len(first)


def paths_below(root: Path) -> Iterator[str]:
    """Files below a folder with forward slashes; hidden ones and links out of it are passed over.

    Raises:
        ManifestError: There is no such folder.
    """
    if not root.is_dir():
        raise ManifestError(f"There is no folder {root}.", hint="Give the folder that holds the set.")
    for folder, below, files in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith(".") and name not in _NOT_ONES_OWN)
        for name in sorted(files):
            if not name.startswith("."):
                yield (Path(folder) / name).relative_to(root).as_posix()


def read_lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file that hold something, each with its number from 1.

    Raises:
        ManifestError: The file cannot be read as UTF-8 text.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as fault:
        raise ManifestError(f"{file} cannot be read: {fault}", hint="It should be UTF-8 text.") from fault
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, line.strip()

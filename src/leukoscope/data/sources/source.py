"""What every data set and annotation format tells: its card, whether a folder is it, and its rows with their faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from leukoscope.data.manifest import Row


@dataclass(frozen=True, slots=True)
class ClassNote:
    """A class: leukoscope's name, the owner's name, and what it means."""

    name: str
    original: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Download:
    """A file of a public set.

    Attributes:
        url: Where it is, HTTPS.
        filename: How it is called here.
        sha256: Its hash, or None where the owners publish none.
        size: Its size in bytes, or None where it is not known.
        md5: Its MD5, where the owners publish that one only.
    """

    url: str
    filename: str
    sha256: str | None = None
    size: int | None = None
    md5: str | None = None


@dataclass(frozen=True, slots=True)
class DataCard:
    """What a user must know of a set before using it.

    Attributes:
        name: As typed after `leukoscope data import`.
        title: For people.
        level: What a picture shows: one cell, or a field of them.
        classes: The classes; empty for a format, whose files name them.
        citation: How to cite it.
        licence: Licence of the images, or "not established".
        url: Where it is described.
        official_splits: What the owners say of parts; empty where they say nothing.
        traps: What has misled others, one sentence each.
        downloads: Where it can be fetched; empty where it cannot be fetched without an account or a form.
        layout: How its folders and files are named.
        how_to_get: How a person gets it, where it cannot be fetched.
    """

    name: str
    title: str
    level: Literal["cell", "field"]
    classes: tuple[ClassNote, ...] = ()
    citation: str = ""
    licence: str = "not established"
    url: str = ""
    official_splits: str = ""
    traps: tuple[str, ...] = ()
    downloads: tuple[Download, ...] = ()
    layout: str = ""
    how_to_get: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be imported; the rest was.

    Attributes:
        file: The file concerned, below the folder of the set.
        line: Its line, from 1; None where the whole file is meant.
        message: One sentence with what to do.
    """

    file: str
    line: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What a folder gave.

    Attributes:
        rows: One per picture.
        problems: What could not be imported.
        empty_folders: Folders of classes that hold no picture, so that no class was made of them.
    """

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()
    empty_folders: tuple[str, ...] = ()


class Source(Protocol):
    """A data set or a format that can be imported; a module of this package, or an object."""

    @property
    def card(self) -> DataCard:
        """What to know of it."""
        ...

    def recognizes(self, root: Path) -> bool:
        """Whether a folder (or file) looks like it."""
        ...

    def read(self, root: Path) -> Imported:
        """The rows of a folder, paths told from it; pictures are not opened.

        Raises:
            ManifestError: Nothing of it can be read.
        """
        ...


@runtime_checkable
class PackedSource(Source, Protocol):
    """A set that may come as one file, whose pictures must be written out before a manifest can name them."""

    def is_packed(self, root: Path) -> bool:
        """Whether the path is such a file."""
        ...

    def count_packed(self, file: Path) -> int:
        """How many pictures it holds."""
        ...

    def unpack(self, file: Path, folder: Path, *, after_each: Callable[[], None]) -> None:
        """Write its pictures into a folder that `read` reads."""
        ...

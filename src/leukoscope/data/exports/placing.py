"""Where does each picture of a manifest go?  Unique names, also on file systems that ignore case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from leukoscope.data.manifest import Part, Row

FOLDERS: dict[Part | None, str] = {"train": "train", "validation": "val", "test": "test", None: "all"}
"""Folder of a part, as Ultralytics and COCO call it; pictures of no part lie in `all`."""
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_LONGEST = 150
_LONGEST_SUFFIX = 10


@dataclass(frozen=True, slots=True)
class Placed:
    """A picture and what it will be called.

    Attributes:
        row: The picture.
        stem: Its new name without suffix; no two of an export are alike, even in another case.
        suffix: Its suffix, lower case.
    """

    row: Row
    stem: str
    suffix: str

    @property
    def name(self) -> str:
        """The new file name."""
        return self.stem + self.suffix

    @property
    def folder(self) -> str:
        """The folder of its part."""
        return FOLDERS[self.row.split]


def place(rows: Iterable[Row]) -> tuple[Placed, ...]:
    """Names for all pictures: their own where it is free, else with their folders before it, else with a number."""
    taken: set[str] = set()
    placed = []
    for row in rows:
        path = PurePosixPath(row.path)
        stem = next(name for name in _candidates(path) if _key(name) not in taken)
        taken.add(_key(stem))
        placed.append(Placed(row, stem, safe_suffix(row.path)))
    return tuple(placed)


def safe_name(text: str) -> str:
    """A file name that every system takes.

    Example:
        >>> safe_name("L1/L2: blasts?")
        'L1_L2_ blasts_'
    """
    # Systems differ in how they compose accents; one form is compared and kept everywhere.
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFC", text)).strip().rstrip(".")[:_LONGEST] or "_"
    return f"_{plain}" if _RESERVED.fullmatch(plain) or plain.startswith(".") else plain


def safe_suffix(path: str) -> str:
    """The end of a path's file name with its dot, lower case, as every system takes it; empty where there is none.

    Example:
        >>> safe_suffix("x/a.PNG"), safe_suffix("a.p|g"), safe_suffix("a")
        ('.png', '.p_g', '')
    """
    suffix = PurePosixPath(path).suffix.lower()
    return "." + safe_name(suffix[1:])[:_LONGEST_SUFFIX] if suffix[1:].strip() else ""


def _candidates(path: PurePosixPath) -> Iterable[str]:
    yield safe_name(path.stem)
    folders = [name for name in path.parent.parts if name not in ("..", ".", "/")]
    full = safe_name("_".join((*folders[-2:], path.stem)))
    yield full
    number = 2
    while True:
        yield f"{full}-{number}"
        number += 1


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()

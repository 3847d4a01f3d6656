"""What a report keeps on disk while it is being written, so that memory stays flat and nothing finished is lost.

The folder `.parts` holds one JSON document, one HTML fragment and one set of thumbnails a picture, and a journal with
one line for each picture whose files are complete. Parts of another version or other models are thrown away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from leukoscope.domain.findings import FieldCounts

FOLDER = ".parts"
_IDENTITY, _JOURNAL = "identity", "journal.jsonl"
_PART = re.compile(r"\d{6}\.(json|html|thumbs)")


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A cell that needs a look, as the index of many pictures shows it.

    Attributes:
        cell: Its number within the picture.
        rank: As in `gallery.rank`; lower comes first.
        score: Within a rank, lower comes first.
        caption: What is said below its thumbnail.
    """

    cell: int
    rank: int
    score: float
    caption: str


@dataclass(frozen=True, slots=True)
class ImageLine:
    """What is kept in memory of one input: enough for summaries and the index, no pixels, no outlines.

    Attributes:
        path: As results quote it.
        error: Why it could not be analyzed, or None.
        sha256: Of its bytes; empty where it could not be analyzed.
        part: Number of its files; 0 where it could not be analyzed.
        kind: "field" or "cell"; empty where it could not be analyzed.
        tally: (label or None, uncertain, how many).
        novel: Cells outside what the model was trained on.
        waiting: Cells that need a look: novel, contradicted, uncertain, immature, erythroblast or blast.
        stage: What the model of whole pictures says of it, or empty.
        warnings: How many warnings it carries.
        features: Names of the features measured.
        glimpses: Its cells that need a look first; a few at most.
        counts: Cells of a field by kind; None for a picture of one cell.
        contradicted: Cells that measure unlike what they are called.
        smear: Whether it looks like a stained smear; the cells of others are in no sum.
    """

    path: str
    error: str | None = None
    sha256: str = ""
    part: int = 0
    kind: str = ""
    tally: tuple[tuple[str | None, bool, int], ...] = ()
    novel: int = 0
    waiting: int = 0
    stage: str = ""
    warnings: int = 0
    features: tuple[str, ...] = ()
    glimpses: tuple[Glimpse, ...] = ()
    counts: FieldCounts | None = None
    contradicted: int = 0
    smear: bool = True

    @property
    def uncounted(self) -> bool:
        """It is a field in which leukocytes could not be counted."""
        return self.kind == "field" and self.counts is None

    @property
    def cells(self) -> int:
        """Nucleated cells found."""
        return sum(count for _, _, count in self.tally)

    @property
    def uncertain(self) -> int:
        """Cells the model would not name."""
        return sum(count for label, uncertain, count in self.tally if uncertain or label is None)


_LINE = TypeAdapter(ImageLine)


class PartStore:
    """The parts of one report.

    Args:
        folder: The report's folder; created when the first part is kept.
        identity: What all parts have in common; parts left by an earlier run with another identity are removed.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self._folder = folder / FOLDER
        self._identity = identity
        self._held: dict[tuple[str, str], ImageLine] = {}
        if self._belongs():
            self._held = {(line.path, line.sha256): line for line in self._journal()}
        else:
            self.remove()
        self._last = max((line.part for line in self._held.values()), default=0)

    def held(self, path: str, sha256: str) -> ImageLine | None:
        """The line of a picture whose parts are complete, or None."""
        return self._held.get((path, sha256))

    def next_part(self) -> int:
        """A part number that is free."""
        return self._last + 1

    def keep(self, line: ImageLine, document: str, fragment: str, thumbnails: dict[int, str]) -> None:
        """Write the parts of one picture; it counts as held once all of them are on disk."""
        self._folder.mkdir(parents=True, exist_ok=True)
        identity = self._folder / _IDENTITY
        if not identity.is_file():
            identity.write_text(self._identity, encoding="utf-8")
        self._path(line.part, "json").write_text(document, encoding="utf-8")
        self._path(line.part, "html").write_text(fragment, encoding="utf-8")
        if thumbnails:
            self._path(line.part, "thumbs").write_text(json.dumps(thumbnails), encoding="utf-8")
        with (self._folder / _JOURNAL).open("ab") as journal:
            # A line break on either side: a line cut off when the process ended must not swallow this one.
            journal.write(b"\n" + _LINE.dump_json(line) + b"\n")
        self._held[line.path, line.sha256] = line
        self._last = line.part

    def document(self, line: ImageLine) -> str:
        """The JSON document of a picture."""
        return self._path(line.part, "json").read_text(encoding="utf-8")

    def fragment(self, line: ImageLine) -> str:
        """The HTML of a picture."""
        return self._path(line.part, "html").read_text(encoding="utf-8")

    def thumbnail(self, line: ImageLine, cell: int) -> str:
        """The thumbnail of a cell as a data URI, or empty."""
        path = self._path(line.part, "thumbs")
        thumbnails = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return str(thumbnails.get(str(cell), ""))

    def remove(self) -> None:
        """Remove all parts; files that are not ours stay."""
        for path in list(self._folder.iterdir()) if self._folder.is_dir() else []:
            if path.name in (_IDENTITY, _JOURNAL) or _PART.fullmatch(path.name):
                path.unlink()
        if self._folder.is_dir() and not any(self._folder.iterdir()):
            self._folder.rmdir()

    def _path(self, part: int, suffix: str) -> Path:
        return self._folder / f"{part:06d}.{suffix}"

    def _belongs(self) -> bool:
        path = self._folder / _IDENTITY
        return path.is_file() and path.read_text(encoding="utf-8", errors="replace") == self._identity

    def _journal(self) -> Iterator[ImageLine]:
        path = self._folder / _JOURNAL
        for text in path.read_bytes().splitlines() if path.is_file() else []:
            try:
                line = _LINE.validate_json(text)
            except ValidationError:
                continue  # the process ended while it wrote this line: the picture is analyzed again
            if self._path(line.part, "json").is_file() and self._path(line.part, "html").is_file():
                yield line

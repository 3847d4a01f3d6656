"""What the page of a check shows of each finding: bounded, worded, and measured for drawing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from leukoscope.data.checks.findings import Finding, Measure, Pair, PairKind, SetSummary, Severity
from leukoscope.reporting.data_report.thumbnails import Locate, Thumbnail, thumbnail

MOST_PAIRS = 60
"""Pairs of one finding that are shown; about 20 KB each."""
MOST_FILES = 60
MOST_PAIRS_IN_ALL = 240
MOST_FILES_IN_ALL = 360
MOST_NAMED = 200
"""Files of one finding that are named without a picture."""
MOST_CLASSES = 60
PAIR_SIDE = 224
FILE_SIDE = 96

MARKS: dict[Severity, str] = {
    "severe": "\N{BLACK SQUARE}",
    "warning": "\N{BLACK UP-POINTING TRIANGLE}",
    "note": "\N{WHITE CIRCLE}",
}
MEANINGS: dict[Severity, str] = {
    "severe": "makes results on this data worthless until it is mended",
    "warning": "makes results doubtful, or must be told beside them",
    "note": "to be known",
}
_KINDS: dict[PairKind, str] = {
    "same-file": "the same file",
    "same-pixels": "the same pixels in another file",
    "near-duplicate": "nearly the same picture",
    "retake": "the same field or cell taken again",
    "crop": "one is cut out of the other",
    "augmented-copy": "one was made from the other",
}
_COMMAND = re.compile(r"`([^`]+)`")

About = Callable[[str], str]
"""What is known of a picture that a finding names, such as "train, Benign"; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class AdvicePart:
    """A piece of an advice: words, or a command to copy."""

    text: str
    command: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A measure as it is drawn: places along its axis, as percentages of its length, which ends at `end`."""

    name: str
    value: str
    limits: str
    chance: str
    n: int
    at: float
    low: float
    high: float
    chance_at: float
    end: str


@dataclass(frozen=True, slots=True)
class PairView:
    """A pair side by side."""

    first: Thumbnail
    second: Thumbnail
    first_name: str
    second_name: str
    first_about: str
    second_about: str
    relation: str
    similarity: str
    crosses: bool
    note: str


@dataclass(frozen=True, slots=True)
class FileView:
    """A picture of a finding."""

    picture: Thumbnail
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding without its pictures, which are streamed after it."""

    number: int
    code: str
    severity: Severity
    mark: str
    meaning: str
    title: str
    advice: tuple[AdvicePart, ...]
    count: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class SetView:
    """A set: its largest classes, how many are left out, and its parts."""

    summary: SetSummary
    classes: tuple[tuple[str, int], ...]
    left_out: int


@dataclass(slots=True)
class Budget:
    """How many pictures the page may still show."""

    pairs: int = MOST_PAIRS_IN_ALL
    files: int = MOST_FILES_IN_ALL

    def take_pairs(self, wanted: int) -> int:
        """Of `wanted` pairs, how many may be shown."""
        taken = min(wanted, MOST_PAIRS, self.pairs)
        self.pairs -= taken
        return taken

    def take_files(self, wanted: int) -> int:
        """Of `wanted` files, how many may be shown."""
        taken = min(wanted, MOST_FILES, self.files)
        self.files -= taken
        return taken


def finding_view(number: int, finding: Finding) -> FindingView:
    """The words and bars of a finding."""
    return FindingView(
        number=number,
        code=finding.code,
        severity=finding.severity,
        mark=MARKS[finding.severity],
        meaning=MEANINGS[finding.severity],
        title=finding.title,
        advice=tuple(advice_parts(finding.advice)),
        count=finding.count,
        bars=tuple(bar_of(measure) for measure in finding.measures),
    )


def set_view(summary: SetSummary) -> SetView:
    """A set with its largest classes."""
    largest = sorted(summary.classes, key=lambda one: (-one[1], one[0]))[:MOST_CLASSES]
    return SetView(summary, tuple(largest), len(summary.classes) - len(largest))


def ordered_pairs(finding: Finding) -> list[Pair]:
    """The pairs of a finding, those that cross parts, folds or sets first."""
    return sorted(finding.pairs, key=lambda pair: not pair.crosses)


def pair_view(pair: Pair, locate: Locate, about: About) -> PairView:
    """A pair with both its pictures."""
    return PairView(
        first=thumbnail(pair.first, locate, PAIR_SIDE),
        second=thumbnail(pair.second, locate, PAIR_SIDE),
        first_name=pair.first,
        second_name=pair.second,
        first_about=about(pair.first),
        second_about=about(pair.second),
        relation=_KINDS[pair.kind],
        similarity=f"{pair.similarity:.2f}" if pair.similarity < 0.995 or pair.similarity == 1 else ">0.99",
        crosses=pair.crosses,
        note=pair.note,
    )


def file_view(name: str, locate: Locate, about: About) -> FileView:
    """A file with its picture."""
    return FileView(thumbnail(name, locate, FILE_SIDE), name, about(name))


def advice_parts(advice: str) -> Iterator[AdvicePart]:
    """An advice cut into words and commands; commands stand between backticks.

    Example:
        >>> [part.text for part in advice_parts("Run `leukoscope data split`, then look.") if part.command]
        ['leukoscope data split']
    """
    place = 0
    for found in _COMMAND.finditer(advice):
        if found.start() > place:
            yield AdvicePart(advice[place : found.start()], command=False)
        yield AdvicePart(found[1], command=True)
        place = found.end()
    if place < len(advice):
        yield AdvicePart(advice[place:], command=False)


def bar_of(measure: Measure) -> Bar:
    """Where the ends of a bar lie; figures above 1 get an axis that is long enough.

    Example:
        >>> bar_of(Measure("accuracy", 0.9, 0.85, 0.94, 0.25, 100)).at
        90.0
    """
    end = max(1.0, measure.value, measure.high, measure.chance)

    def place(value: float) -> float:
        return round(100 * min(max(value / end, 0.0), 1.0), 2)

    return Bar(
        name=measure.name,
        value=_figure(measure.value),
        limits=f"{_figure(measure.low)}\N{EN DASH}{_figure(measure.high)}",
        chance=_figure(measure.chance),
        n=measure.n,
        at=place(measure.value),
        low=place(measure.low),
        high=place(measure.high),
        chance_at=place(measure.chance),
        end=_figure(end) if end > 1 else "1",
    )


def _figure(value: float) -> str:
    return f"{value:.3f}" if value <= 1 else f"{value:.2f}"

"""What the measurements of a cell mean: a plain sentence, its place among reference cells, its likeness to a blast."""

from __future__ import annotations

from dataclasses import dataclass

from leukoscope.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class ReferenceGroup:
    """Cells of one kind that others are compared with.

    Attributes:
        name: A class as models name it ("lymphocyte"), or "leukocytes" for all of them together.
        title: What people read, in the plural ("lymphocytes").
        cells: How many there are.
        source: Which set they are from.
    """

    name: str
    title: str
    cells: int
    source: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a cell stands among reference cells.

    Attributes:
        measurement: Name of the measurement, unit included.
        percent: Share of the reference cells with a smaller value, in [0, 100].
        group: Which cells; counted are those that have the measurement.

    Raises:
        InvalidValueError: The share is no percentage.
    """

    measurement: str
    percent: float
    group: ReferenceGroup

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 100:
            raise InvalidValueError(f"A percentage lies between 0 and 100, got {self.percent}.")


@dataclass(frozen=True, slots=True)
class BlastLikeness:
    """How much a cell measures like a blast; a description, not a finding of blasts.

    Attributes:
        score: In [0, 1].
        parts: What it is made of: (what, how much of it, in [0, 1]).
        scaled: Whether the size of the nucleus is among them, which needs a pixel size.
        chromatin: Whether chromatin is, which needs a cell that is large in its picture and not too dark.
    """

    score: float
    parts: tuple[tuple[str, float], ...]
    scaled: bool
    chromatin: bool


@dataclass(frozen=True, slots=True)
class Morphology:
    """What the measurements of one cell mean.

    Attributes:
        sentence: What was measured, in words; empty where the outline is doubtful.
        note: Why nothing is said; empty where something is.
        standings: Its place among reference cells of its class, or of all leukocytes where it has no sure name.
        blast_likeness: None where it cannot be reckoned.
        conflict: How measurements and network contradict each other, in a sentence; empty where they do not.
    """

    sentence: str = ""
    note: str = ""
    standings: tuple[Standing, ...] = ()
    blast_likeness: BlastLikeness | None = None
    conflict: str = ""

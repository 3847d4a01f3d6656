"""What a check found: how bad it is, which files, and what mends it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, get_args

Severity = Literal["severe", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
PairKind = Literal["same-file", "same-pixels", "near-duplicate", "retake", "crop", "augmented-copy"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures that show the same thing.

    Attributes:
        first: The one, as `<set>:<path>`, or its path where only one set was checked.
        second: The other.
        kind: What they share.
        similarity: How alike they are, in [0, 1].
        crosses: Whether they lie in different parts, folds or sets.
        note: What else is to be said, such as "turned by 90 degrees" or "labels differ".
    """

    first: str
    second: str
    kind: PairKind
    similarity: float
    crosses: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure beside what chance would give, with its 95 % interval."""

    name: str
    value: float
    low: float
    high: float
    chance: float
    n: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, or one thing worth knowing.

    Attributes:
        code: Stable name for programs, such as "copies-across-parts".
        severity: "severe" makes a result worthless, "warning" makes it doubtful, "note" is to be known.
        title: What was found, as one sentence with its number.
        advice: What to do about it: the command that mends it, or what to look at.
        count: How many pictures, pairs or rows are concerned.
        files: The pictures concerned, the worst first.
        pairs: The pairs concerned, the worst first.
        measures: The figures behind it.
    """

    code: str
    severity: Severity
    title: str
    advice: str
    count: int = 0
    files: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True, slots=True)
class SetSummary:
    """One set that was checked: its name, pictures, classes with their counts, and pictures per part."""

    name: str
    images: int
    classes: tuple[tuple[str, int], ...]
    parts: tuple[tuple[str, int], ...]
    leaky: bool = False


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Everything a check found, the worst first.

    Attributes:
        sets: What was checked.
        findings: What was found.
        not_checked: What was left out and why, one sentence each.
        seconds: How long it took.
        unseen: Pictures that could not be looked at in any way, as one sentence; empty where there are none.
    """

    sets: tuple[SetSummary, ...]
    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...] = ()
    seconds: float = 0.0
    unseen: str = ""

    @property
    def severe(self) -> tuple[Finding, ...]:
        """The findings that make a result worthless."""
        return tuple(finding for finding in self.findings if finding.severity == "severe")

    @property
    def worst(self) -> Severity | None:
        """How bad the worst finding is; None where nothing was found."""
        return min((one.severity for one in self.findings), key=SEVERITIES.index, default=None)

    @property
    def verdict(self) -> str:
        """The report in one sentence: how much was found, and the worst of it; in a second one what nobody could see.

        Example:
            >>> CheckReport((), ()).verdict
            'Nothing was found.'
            >>> CheckReport((), (Finding("x", "warning", "3 pictures lack a patient.", "Name them."),)).verdict
            '1 warning finding, none severe: 3 pictures lack a patient.'
            >>> CheckReport((), (), unseen="4 pictures without a hash (4 of them absent): not checked.").verdict
            'Nothing was found where it could be looked for; 4 pictures without a hash (4 of them absent): not checked.'
        """
        counts = {severity: sum(f.severity == severity for f in self.findings) for severity in SEVERITIES}
        if not self.findings:
            return (
                f"Nothing was found where it could be looked for; {self.unseen}"
                if self.unseen
                else "Nothing was found."
            )
        said = ", ".join(f"{counts[severity]} {severity}" for severity in SEVERITIES if counts[severity])
        worst = min(self.findings, key=lambda one: SEVERITIES.index(one.severity))
        none_severe = "" if self.severe else ", none severe"
        told = f"{said} finding{'s' if len(self.findings) > 1 else ''}{none_severe}: {worst.title}"
        return f"{told} {self.unseen}" if self.unseen else told

    def to_json(self) -> dict[str, object]:
        """The report for programs: schema, verdict, and every field by its name."""
        return {"schema": "leukoscope.check/1", "verdict": self.verdict, **asdict(self)}

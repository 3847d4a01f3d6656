"""Are the files there, whole, what their names say, and the ones the manifest means?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leukoscope.data.checks.findings import Finding, Severity
from leukoscope.data.checks.gathered import Gathered
from leukoscope.data.checks.pairs import SHOWN
from leukoscope.data.manifest import Manifest
from leukoscope.data.sources.source import Problem

ODD_SHARE = 0.05
"""Share of a set, at most, whose size or mode counts as odd beside the commonest."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file turned out to be.

    Attributes:
        fault: Why it cannot be used, one sentence; empty where it can.
        missing: Whether it is not there at all.
        sha256: Hash of its content; None where it cannot be read.
        phash: Perceptual hash; None where it cannot be read.
        width: In pixels, upright.
        height: In pixels, upright.
        mode: Channels and depth, as "RGB", "RGBA", "L", "L 16-bit".
        warning: What its name says otherwise than its content, one sentence; empty where nothing.
    """

    fault: str = ""
    missing: bool = False
    sha256: str | None = None
    phash: str | None = None
    width: int = 0
    height: int = 0
    mode: str = ""
    warning: str = ""


def check_files(gathered: Gathered, facts: Sequence[FileFacts]) -> Iterator[Finding]:
    """Findings on the files of all sets.

    Args:
        gathered: The sets.
        facts: Of the rows in their order; of the first ones only where reading was interrupted.
    """
    missing = [row for row, fact in enumerate(facts) if fact.missing]
    broken = [row for row, fact in enumerate(facts) if fact.fault and not fact.missing]
    changed = [row for row in range(len(facts)) if _changed(gathered, row, facts[row])]
    lying = [row for row, fact in enumerate(facts) if fact.warning]
    if missing:
        advice = "Copy them here; or `leukoscope data check ... --fix FILE` leaves them out."
        yield _finding(gathered, "missing-files", missing, "are not there", advice)
    if broken:
        reasons = Counter(facts[row].fault for row in broken).most_common(3)
        said = "; ".join(f"{count} x {reason}" for reason, count in reasons)
        advice = f"Copy them again from their origin, or `--fix FILE` leaves them out. ({said})"
        yield _finding(gathered, "unreadable-files", broken, "cannot be read", advice)
    if changed:
        advice = "Another file has taken their place: copy them again, or import the set anew."
        yield _finding(gathered, "changed-files", changed, "are not the file whose SHA-256 the manifest holds", advice)
    if lying:
        advice = f"{facts[lying[0]].warning} Rename them: programs that trust names skip or misread them."
        yield _finding(
            gathered, "lying-extensions", lying, "are of another kind than their name says", advice, "warning"
        )
    for number, manifest in enumerate(gathered.manifests):
        rows = [int(row) for row in (gathered.table["set"] == number).to_numpy()[: len(facts)].nonzero()[0]]
        yield from _odd(gathered, manifest, [row for row in rows if not facts[row].fault], facts)


def check_import(manifest: Manifest, problems: Sequence[Problem]) -> Iterator[Finding]:
    """A finding for what a folder holds that could not be imported."""
    if problems:
        shown = [f"{one.file}{f':{one.line}' if one.line else ''}: {one.message}" for one in problems[:SHOWN]]
        yield Finding(
            "import-problems",
            "warning",
            f"{len(problems)} things in {manifest.name} could not be imported, the first: {problems[0].message}",
            "Mend these files and check again; the rest was imported.",
            count=len(problems),
            files=tuple(shown),
        )


def check_folders(folders: Sequence[str], prefix: str = "") -> Iterator[Finding]:
    """A finding for folders of classes that hold no picture."""
    empty = [prefix + folder for folder in folders]
    if empty:
        what = "folder holds" if len(empty) == 1 else "folders hold"
        yield Finding(
            "empty-folders",
            "note",
            f"{len(empty)} {what} no picture, so no class was made of {'it' if len(empty) == 1 else 'them'}.",
            "Remove what is not needed, or copy the pictures into it again.",
            count=len(empty),
            files=tuple(empty[:SHOWN]),
        )


def _changed(gathered: Gathered, row: int, fact: FileFacts) -> bool:
    told = gathered.table["sha256"].iat[row]
    return fact.sha256 is not None and isinstance(told, str) and told != fact.sha256


def _odd(gathered: Gathered, manifest: Manifest, rows: Sequence[int], facts: Sequence[FileFacts]) -> Iterator[Finding]:
    sizes = Counter((facts[row].width, facts[row].height) for row in rows)
    modes = Counter(facts[row].mode for row in rows)
    of = f" of {manifest.name}" if gathered.several else ""
    if sizes and sizes.most_common(1)[0][1] >= (1 - ODD_SHARE) * len(rows) and len(sizes) > 1:
        usual = sizes.most_common(1)[0][0]
        odd = [row for row in rows if (facts[row].width, facts[row].height) != usual]
        what = f"have another size than the usual {usual[0]} x {usual[1]} pixels{of}"
        advice = "Look whether they belong to the set; resizing them changes their scale."
        yield _finding(gathered, "odd-sizes", odd, what, advice, "note")
    if len(modes) > 1:
        usual_mode = modes.most_common(1)[0][0]
        odd = [row for row in rows if facts[row].mode != usual_mode]
        said = ", ".join(f"{count} {mode}" for mode, count in modes.most_common()[1:])
        what = f"have another mode than the usual {usual_mode}{of} ({said})"
        advice = "leukoscope reads all of them as 8-bit RGB; other programs may not. The mode may give the class away."
        yield _finding(gathered, "odd-modes", odd, what, advice, "note")


def _finding(
    gathered: Gathered, code: str, rows: Sequence[int], what: str, advice: str, severity: Severity = "severe"
) -> Finding:
    files = tuple(str(gathered.names.iat[row]) for row in rows[:SHOWN])
    pictures = f"{len(rows)} picture{'' if len(rows) == 1 else 's'}"
    if len(rows) == 1:
        what = what.replace("are ", "is ", 1).replace("have ", "has ", 1).replace("their name", "its name")
    return Finding(code, severity, f"{pictures} {what}.", advice, count=len(rows), files=files)

"""Can a data set be trusted?  Opens what is given, runs every check, and tells the findings, the worst first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from leukoscope.data.checks.boxes import check_boxes
from leukoscope.data.checks.files import FileFacts, check_files, check_folders, check_import
from leukoscope.data.checks.findings import SEVERITIES, CheckReport, Finding
from leukoscope.data.checks.gathered import Gathered, SamePairs, gather, join_pairs, summarize
from leukoscope.data.checks.hashes import same_files, unseen
from leukoscope.data.checks.labels import check_labels
from leukoscope.data.checks.looking import Seen, look_at_all
from leukoscope.data.checks.mending import Mended, filled, mend
from leukoscope.data.checks.pairs import check_pairs
from leukoscope.data.checks.parts import check_parts
from leukoscope.data.checks.shortcuts import check_shortcuts
from leukoscope.data.checks.similar_hashes import check_similar_hashes
from leukoscope.data.copies.search import find_copies
from leukoscope.data.manifest import Manifest
from leukoscope.data.manifest_files import is_manifest, read_manifest
from leukoscope.data.sources.registry import SETS, recognize
from leukoscope.data.sources.source import DataCard, Problem

Progress = Callable[[int, str], AbstractContextManager[Callable[[], None]]]
"""Shows progress over a number of steps of a named piece of work; gives a function to call after each step."""
INTERRUPTED = "Interrupted after {read} of {all} pictures were read; what had not been looked at is left out."


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A set to check.

    Attributes:
        manifest: Its rows.
        card: What is known of it; None for a set that is not known.
        problems: What could not be imported.
        empty_folders: Folders of classes that hold no picture.
    """

    manifest: Manifest
    card: DataCard | None = None
    problems: tuple[Problem, ...] = ()
    empty_folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class CheckOutcome:
    """A report, and what it was made from.

    Attributes:
        report: The findings.
        gathered: The sets that were checked, as one table.
        pairs: Pictures that show the same thing.
        unusable: Rows whose file is missing or cannot be read.
        interrupted: Whether it was stopped before its end.
        facts: What the files turned out to be, in the order of the rows; fewer where it was interrupted.
    """

    report: CheckReport
    gathered: Gathered
    pairs: SamePairs
    unusable: tuple[int, ...]
    interrupted: bool = False
    facts: tuple[FileFacts, ...] = ()

    def locate(self, name: str) -> Path:
        """Where a picture named in a finding lies."""
        for manifest in self.gathered.manifests:
            prefix = f"{manifest.name}:" if self.gathered.several else ""
            if name.startswith(prefix):
                return manifest.locate(name.removeprefix(prefix))
        return Path(name)

    def captions(self) -> Mapping[str, str]:
        """Part and class of the pictures that findings name, by these names."""
        named = {name for one in self.report.findings for name in one.files}
        named |= {name for one in self.report.findings for pair in one.pairs for name in (pair.first, pair.second)}
        chosen = self.gathered.table.loc[self.gathered.names.isin(list(named)), ["name", "split", "label"]]
        rows = chosen.astype("object").itertuples(index=False, name=None)
        return {str(name): ", ".join(str(one) for one in told if isinstance(one, str)) for name, *told in rows}

    def mend(self) -> Mended:
        """What `--fix` writes."""
        return mend(self.gathered, self.pairs, self.unusable, self.facts)


@dataclass(slots=True)
class _Work:
    """What has been finished so far."""

    targets: tuple[Target, ...]
    gathered: Gathered
    findings: list[Finding] = field(default_factory=list)
    pairs: list[SamePairs] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@contextmanager
def silent(total: int, what: str) -> Iterator[Callable[[], None]]:
    """Progress that shows nothing."""
    yield lambda: None


def check_sets(
    targets: Sequence[Path], *, images: Path | None = None, without_pixels: bool = False, progress: Progress = silent
) -> CheckOutcome:
    """Check sets, each by itself and all against each other.

    Args:
        targets: Manifests, lists of hashes, or folders that hold a set or a format that is known.
        images: Folder that the paths of manifests start from; by default the manifest's own.
        without_pixels: Look at the columns only; hashes that the manifest holds are trusted.
        progress: Shows progress.

    Raises:
        ManifestError: A target cannot be opened.
        MissingExtraError: The extra `data` is not installed.
    """
    opened = tuple(open_target(target, images) for target in targets)
    return check_opened(opened, without_pixels=without_pixels, progress=progress)


def open_target(path: Path, images: Path | None = None) -> Target:
    """A set as its manifest tells it, or as it is imported from its folder.

    Raises:
        ManifestError: It is no manifest, and nothing that is known.
    """
    if is_manifest(path) and path.is_file():
        manifest = read_manifest(path, images)
        return Target(manifest, _card_of(manifest))
    source = recognize(path)
    imported = source.read(path)
    base = path if path.is_dir() else path.parent
    manifest = Manifest.from_rows(imported.rows, base, path.resolve().name)
    return Target(manifest, source.card, imported.problems, imported.empty_folders)


def check_opened(
    targets: Sequence[Target], *, without_pixels: bool = False, progress: Progress = silent
) -> CheckOutcome:
    """The same for sets that are open already."""
    started = time.monotonic()
    work = _Work(tuple(targets), gather([target.manifest for target in targets]))
    interrupted = False
    try:
        _check_columns(work)
        if without_pixels:
            work.findings += check_similar_hashes(work.gathered)
            work.left_out.append("No picture was opened: hashes and sizes are those of the manifest, unchecked.")
        else:
            _check_pictures(work, progress)
    except KeyboardInterrupt:
        interrupted = True
        work.pairs.append(same_files(_with_hashes(work.gathered, [one.facts for one in work.seen])))
        work.left_out.append(INTERRUPTED.format(read=len(work.seen), all=len(work.gathered)))
    pairs = join_pairs(work.pairs)
    work.findings += check_pairs(work.gathered, pairs)
    report = CheckReport(
        summarize(work.gathered),
        _worst_first(work.findings),
        tuple(work.left_out),
        time.monotonic() - started,
        unseen(work.gathered) if without_pixels else "",
    )
    facts = tuple(one.facts for one in work.seen)
    unusable = tuple(row for row, fact in enumerate(facts) if fact.fault)
    return CheckOutcome(report, work.gathered, pairs, unusable, interrupted, facts)


def _check_columns(work: _Work) -> None:
    work.pairs.append(same_files(work.gathered))
    for target, manifest in zip(work.targets, work.gathered.manifests, strict=True):
        prefix = f"{manifest.name}:" if work.gathered.several else ""
        known = () if target.card is None else tuple(note.name for note in target.card.classes)
        work.findings += check_import(manifest, target.problems)
        work.findings += check_folders(target.empty_folders, prefix)
        work.findings += check_parts(manifest, prefix)
        work.findings += check_labels(manifest, known, prefix)
        work.findings += check_boxes(manifest, prefix)


def _check_pictures(work: _Work, progress: Progress) -> None:
    try:
        with progress(len(work.gathered), "Reading") as advance:
            for seen in look_at_all(work.gathered):
                work.seen.append(seen)
                advance()
    finally:  # interrupted, what was read is still told
        work.findings += check_files(work.gathered, [one.facts for one in work.seen])
    rows = [row for row, one in enumerate(work.seen) if not one.facts.fault]
    try:
        with progress(100, "Searching copies") as advance:
            work.pairs.append(_pixel_pairs(work.gathered, rows, advance))
    finally:  # the probes keep apart what was found until then
        _check_shortcuts(work, work.seen)


def _with_hashes(gathered: Gathered, facts: Sequence[FileFacts]) -> Gathered:
    return replace(gathered, table=filled(gathered.table, facts, []))


def _check_shortcuts(work: _Work, seen: Sequence[Seen]) -> None:
    owner, pairs = work.gathered.table["set"].to_numpy(), join_pairs(work.pairs)
    for number, manifest in enumerate(work.gathered.manifests):
        rows = np.flatnonzero(owner == number)
        looks = [seen[int(row)].look for row in rows]
        inside = (owner[pairs.first] == number) & (owner[pairs.second] == number)
        ends = (np.searchsorted(rows, pairs.first[inside]), np.searchsorted(rows, pairs.second[inside]))
        found = tuple(check_shortcuts(manifest.table, looks, list(zip(*map(np.ndarray.tolist, ends), strict=True))))
        work.findings += found
        if manifest.table["label"].nunique() < 2:
            work.left_out.append(f"{manifest.name} has fewer than two classes, so no shortcut was probed.")


def _pixel_pairs(gathered: Gathered, rows: Sequence[int], advance: Callable[[], None]) -> SamePairs:
    told = 0

    def after_each(share: float) -> None:
        nonlocal told
        while told < int(100 * share):
            told += 1
            advance()

    found = find_copies([gathered.locate(row) for row in rows], after_each=after_each)
    places = np.array(rows, dtype=np.int64)
    return SamePairs(
        places[[pair.first for pair in found]],
        places[[pair.second for pair in found]],
        tuple(pair.kind for pair in found),
        np.array([pair.similarity for pair in found], dtype=np.float64),
        tuple(_note(pair.turn, pair.shift) for pair in found),
    )


def _note(turn: str, shift: tuple[int, int]) -> str:
    down, right = shift
    moved = f"shifted by {right}, {down} pixels" if (down, right) != (0, 0) else ""
    return ", ".join(part for part in (turn if turn != "upright" else "", moved) if part)


def _card_of(manifest: Manifest) -> DataCard | None:
    sources = {str(name) for name in manifest.table["source"].dropna().unique()}
    return next((source.card for source in SETS if {source.card.name} == sources), None)


def _worst_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (SEVERITIES.index(finding.severity), -finding.count)))

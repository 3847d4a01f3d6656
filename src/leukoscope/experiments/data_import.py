"""From a folder as its owners laid it out to a manifest: read by its source, every picture hashed and measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from leukoscope.data.copies import each_fingerprint
from leukoscope.data.manifest import Manifest, Row, boxes_of_text
from leukoscope.data.sources.source import Imported, Problem, Source
from leukoscope.errors import ManifestError
from leukoscope.experiments.data_import_journal import ImportJournal, Measured


@dataclass(frozen=True, slots=True)
class ImportedSet:
    """An imported set.

    Attributes:
        manifest: One row per picture, also for those that cannot be read.
        problems: What was left out or is doubtful, by file.
        without_pixels: Pictures that are only listed with their hash; their files are not there.
        measured_before: Pictures that an interrupted run had measured.
        empty_folders: Folders of classes that hold no picture.
    """

    manifest: Manifest
    problems: tuple[Problem, ...]
    without_pixels: int = 0
    measured_before: int = 0
    empty_folders: tuple[str, ...] = ()


def read_set(source: Source, root: Path) -> Imported:
    """The rows of a set; of pictures that come twice the first is kept.

    Raises:
        ManifestError: Nothing could be read.
    """
    imported = source.read(root)
    if not imported.rows:
        first = f" {imported.problems[0].file}: {imported.problems[0].message}" if imported.problems else ""
        raise ManifestError(f"{root} gives no picture as {source.card.name}.{first}", hint="Is it another set?")
    kept: dict[str, Row] = {}
    problems = list(imported.problems)
    for row in imported.rows:
        if row.path in kept:
            problems.append(Problem(row.path, None, "It comes a second time; the first is kept."))
        kept.setdefault(row.path, row)
    return replace(imported, rows=tuple(kept.values()), problems=tuple(problems))


def fingerprint_set(
    imported: Imported, name: str, journal: ImportJournal, *, after_each: Callable[[], None] = lambda: None
) -> ImportedSet:
    """Hash and measure the pictures of a set, on all cores.

    A picture that cannot be read keeps its row, so that a check sees it, and is listed. A picture that a list names
    with its hash, and whose file is not there, keeps the hash of the list.

    Args:
        imported: The rows.
        name: Name of the set, for people.
        journal: Folder that their paths start from, and what an interrupted run measured already.
        after_each: Called after each picture.
    """
    base = journal.base
    there = [row.path for row in imported.rows if row.sha256 is None or (base / row.path).is_file()]
    known = {path: noted for path in there if (noted := journal.known(path)) is not None}
    measured = dict(known)
    for _ in known:
        after_each()
    waiting = [path for path in there if path not in known]
    for path, found in zip(waiting, each_fingerprint([base / path for path in waiting]), strict=True):
        measured[path] = Measured.of(found)
        journal.note(path, measured[path])
        after_each()
    rows, problems = [], list(imported.problems)
    for row in imported.rows:
        told, problem = _with_print(row, measured[row.path]) if row.path in measured else (row, None)
        rows.append(told)
        problems += [problem] if problem else []
    problems += _missing_masks(rows, base)
    manifest = Manifest.from_rows(rows, base, name)
    return ImportedSet(manifest, tuple(problems), len(rows) - len(there), len(known), imported.empty_folders)


def count_boxes(manifest: Manifest) -> Counter[str]:
    """How many marked objects of each label a manifest holds."""
    texts = manifest.table["boxes"].dropna()
    return Counter(one.label for text in texts for one in boxes_of_text(str(text)))


def _with_print(row: Row, found: Measured) -> tuple[Row, Problem | None]:
    if found.fault:
        return row, Problem(row.path, None, f"{found.fault} Its row is kept; `leukoscope data check` names it too.")
    problem = None
    if row.sha256 not in (None, found.sha256):
        problem = Problem(row.path, None, "The file differs from the SHA-256 its list gives; the file's own is kept.")
    measured = replace(row, sha256=found.sha256, phash=found.phash, width=found.width, height=found.height)
    return measured, problem


def _missing_masks(rows: Sequence[Row], base: Path) -> list[Problem]:
    return [
        Problem(row.mask, None, f"The mask of {row.path} is missing.")
        for row in rows
        if row.mask is not None and not (base / row.mask).is_file()
    ]

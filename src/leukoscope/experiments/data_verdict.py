"""May a score on this set be trusted?  The quick verdict beside every score: columns and stored hashes only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from leukoscope.data.checks.findings import CheckReport
from leukoscope.data.manifest import Entry, Manifest, Row
from leukoscope.data.manifest_files import sha256_of
from leukoscope.errors import DataError
from leukoscope.experiments.data_check import Target, check_opened

QUICK = "Only columns and stored hashes were looked at; `leukoscope data check` looks at the pictures."


def quick_verdict(manifest: Manifest) -> CheckReport:
    """Check what a manifest says of itself: parts, groups, labels, boxes, and copies by its hashes.

    No picture is opened, so fields taken again, crops and shortcuts stay unseen; hashes are trusted as they stand, and
    the verdict counts the pictures that have none.
    """
    return check_opened([Target(manifest)], without_pixels=True).report


def verdict_on_folder(entries: Sequence[Entry], root: Path) -> CheckReport:
    """The same for pictures of a folder; their hashes are computed, so that copies under two labels are seen."""
    rows = (Row(entry.name, sha256_of(root / entry.name), label=entry.label) for entry in entries)
    return quick_verdict(Manifest.from_rows(rows, root, root.resolve().name))


def keep_verdict(report: CheckReport, path: Path) -> None:
    """Write a verdict beside the score it belongs to."""
    path.write_text(json.dumps(report.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def refuse_severe(report: CheckReport, manifest: Manifest) -> None:
    """Make sure that nothing severe was found, unless the manifest says itself that it is leaky.

    Raises:
        DataError: Something was; the message names it.
    """
    if report.severe and not manifest.leaky:
        worst = report.severe[0]
        more = f" (and {len(report.severe) - 1} more severe findings)" if len(report.severe) > 1 else ""
        raise DataError(
            f"A score on {manifest.name} would be worthless: {worst.title}{more}",
            hint=f"{worst.advice} To go on all the same, give --despite-findings: the card will say so.",
        )


def warnings_for_card(report: CheckReport) -> tuple[str, ...]:
    """What a card must say of the set a model was trained on: its severe findings, one sentence each."""
    return tuple(f"Trained despite a severe finding of `leukoscope data check`: {one.title}" for one in report.severe)

"""Writes what a check found: `check.html`, streamed picture by picture, and `check.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from leukoscope import __version__
from leukoscope.data.checks.findings import SEVERITIES, CheckReport, Finding
from leukoscope.reporting.data_report.check_views import (
    MARKS,
    MEANINGS,
    MOST_NAMED,
    About,
    Budget,
    file_view,
    finding_view,
    ordered_pairs,
    pair_view,
    set_view,
)
from leukoscope.reporting.data_report.thumbnails import Locate
from leukoscope.reporting.files import replacing, write_page
from leukoscope.reporting.page import render
from leukoscope.reporting.wording import clean


def write_check_report(
    report: CheckReport,
    folder: Path,
    locate: Locate,
    *,
    about: About = lambda name: "",
    written_at: datetime | None = None,
) -> Path:
    """Write `check.html`, one file without script or network, and `check.json` with everything.

    Pictures are read, shrunk and written one after the other, so memory stays flat however many pairs there are; the
    page shows the first of them and says how many of how many.

    Args:
        report: What was found.
        folder: Where to; made when needed.
        locate: Where a picture that a finding names lies.
        about: What is known of it, such as its part and class.
        written_at: Time told on the page; now, where not given.

    Returns:
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "check.json") as stream:
        stream.write(clean(json.dumps(report.to_json(), indent=1, ensure_ascii=False)) + "\n")
    return write_page(folder / "check.html", _parts(report, locate, about, written_at or datetime.now(UTC)))


def _parts(report: CheckReport, locate: Locate, about: About, written_at: datetime) -> Iterator[str]:
    names = ", ".join(one.name for one in report.sets)
    yield render(
        "data_report/top",
        brand="leukoscope data check",
        title=names or "Data check",
        version=__version__,
        written_at=f"{written_at:%Y-%m-%d %H:%M %Z}",
    )
    yield render(
        "data_report/check_summary",
        report=report,
        worst=report.worst,
        marks=MARKS,
        meanings=MEANINGS,
        sets=[set_view(one) for one in report.sets],
        views=[finding_view(number, one) for number, one in enumerate(_ranked(report), start=1)],
    )
    budget = Budget()
    for number, finding in enumerate(_ranked(report), start=1):
        yield from _finding_parts(number, finding, budget, locate, about)
    yield render("data_report/check_end", report=report)
    yield render("data_report/bottom", version=__version__)


def _ranked(report: CheckReport) -> list[Finding]:
    return sorted(report.findings, key=lambda finding: SEVERITIES.index(finding.severity))


def _finding_parts(number: int, finding: Finding, budget: Budget, locate: Locate, about: About) -> Iterator[str]:
    yield render("data_report/check_finding", finding=finding_view(number, finding))
    pairs = ordered_pairs(finding)
    shown = budget.take_pairs(len(pairs))
    if pairs:
        yield render("data_report/check_pairs_top", shown=shown, total=max(finding.count, len(pairs)),
                     crossing=sum(pair.crosses for pair in pairs), listed=len(pairs))  # fmt: skip
        for pair in pairs[:shown]:
            yield render("data_report/check_pair", pair=pair_view(pair, locate, about))
        yield "</div>\n"
    files = finding.files
    shown = budget.take_files(len(files))
    if files:
        yield render(
            "data_report/check_files_top", shown=shown, total=max(finding.count, len(files)), listed=len(files)
        )
        for name in files[:shown]:
            yield render("data_report/check_file", file=file_view(name, locate, about))
        yield "</div>\n"
        if len(files) > shown:
            yield render("data_report/check_names", names=files[shown : shown + MOST_NAMED],
                         left_out=max(0, len(files) - shown - MOST_NAMED))  # fmt: skip
    yield "</section>\n"

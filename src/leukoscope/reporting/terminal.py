"""The short table in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from leukoscope.domain.labels import UNCERTAIN
from leukoscope.reporting import wording
from leukoscope.reporting.counts_view import fields_text
from leukoscope.reporting.documents import SummaryDocument
from leukoscope.reporting.summary_view import blasts

MOST_LINES = 20
"""Pictures named one by one; the report lists all."""

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from leukoscope.reporting.writer import ReportOutcome


def print_outcome(console: Console, outcome: ReportOutcome) -> None:
    """Print what was found: the differential, what to notice, what failed."""
    from rich.markup import escape

    summary = outcome.summary
    failed = [line for line in outcome.images if line.error is not None]
    pictures = wording.plural(len(outcome.images) - len(failed), "picture")
    told = [pictures, wording.plural(summary.cells, "nucleated cell"), *([summary.scope] if summary.scope else [])]
    if apart := sum(line.cells for line in outcome.images if not line.smear):
        told.append(f"{apart} more in pictures that do not look like a smear")
    console.print(", ".join(told))
    if summary.differential:
        console.print(summary_table(summary, outcome.titles))
        console.print(f"95 % limits: {wording.SAMPLING_ONLY}. {wording.UNNAMED_NOT_COVERED}")
    if summary.fields is not None:
        console.print(fields_text(summary.fields))
    for line in [line for line in outcome.images if line.stage][:MOST_LINES]:
        console.print(escape(wording.visible(f"{line.path}: {line.stage}")))
    for flag in summary.flags:
        console.print(f"[yellow]![/] {escape(flag)}")
    console.print(escape(f"Blasts: {blasts(summary)}"))
    for line in failed[:MOST_LINES]:
        console.print("[red]not analyzed[/] " + escape(wording.visible(f"{line.path}: {line.error}")))
    if len(failed) > MOST_LINES:
        console.print(f"and {len(failed) - MOST_LINES} more that could not be analyzed; the report lists them")
    console.print(wording.RESEARCH_USE)


def summary_table(summary: SummaryDocument, titles: Mapping[str, str]) -> Table:
    """The differential as a table for the terminal.

    Args:
        summary: As in result.json.
        titles: What people read for each class.
    """
    from rich.table import Table

    table = Table()
    table.add_column("Class")
    for head in ("n", "%", "95 % limits"):
        table.add_column(head, justify="right")
    for name, share in summary.differential.items():
        title = "Uncertain" if name == UNCERTAIN else titles.get(name, name)
        table.add_row(title, str(share.count), wording.percent(share.percent), wording.limits(*share.ci95))
    if summary.erythroblasts is not None:
        per_100 = summary.erythroblasts.per_100_leukocytes
        told = "" if per_100 is None else f"{per_100:.1f} per 100 leukocytes"
        table.add_row("Erythroblasts (outside)", str(summary.erythroblasts.count), "", told)
    return table

"""`leukoscope data check`: what is wrong with data sets, each by itself and against each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leukoscope.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from leukoscope.data.checks.findings import CheckReport, Finding
    from leukoscope.experiments.data_check import CheckOutcome

_COLORS = {"severe": "bold red", "warning": "yellow", "note": "dim"}
_NAMED = 3
"""Files or pairs named on the terminal; the report and the JSON name more."""


def check(
    sets: Annotated[list[Path], typer.Argument(metavar="MANIFEST|FOLDER...", help="What to check, together.")],
    *,
    images: Annotated[
        Path | None, typer.Option(help="Folder that the paths of manifests start from; by default their own.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for check.html and check.json.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    fix: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a mended manifest; no picture is touched.")
    ] = None,
    without_pixels: Annotated[
        bool, typer.Option("--without-pixels", help="Look at the columns only and trust the hashes in them.")
    ] = False,
) -> None:
    """Look for copies, leaks between parts, faulty files and labels, and shortcuts. Ends with 1 on severe findings."""
    from leukoscope.cli.progress import progress_over
    from leukoscope.experiments.data_check import check_sets

    _check_places(sets, out, fix)
    outcome = check_sets(sets, images=images, without_pixels=without_pixels, progress=progress_over)
    if as_json:
        print(json.dumps(outcome.report.to_json(), indent=2, ensure_ascii=False))
    else:
        _tell(outcome.report)
    _write(outcome, out, fix, quiet=as_json)
    if outcome.interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    if outcome.report.severe:
        raise typer.Exit(ExitCode.SOME_FAILED)


def _check_places(sets: list[Path], out: Path | None, fix: Path | None) -> None:
    """Refuse before any work what could not be written after it."""
    from leukoscope.data.manifest_files import SUFFIXES

    if out is not None and out.exists() and not out.is_dir():
        raise typer.BadParameter(f"{out} is a file; give a folder", param_hint="--out")
    if fix is None:
        return
    if fix.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter(f"{fix} must end with {' or '.join(SUFFIXES)}", param_hint="--fix")
    if fix.is_dir():
        raise typer.BadParameter(f"{fix} is a folder; give a file", param_hint="--fix")
    if fix.resolve() in [one.resolve() for one in sets]:
        raise typer.BadParameter(f"{fix} is what is checked; give another name to keep it", param_hint="--fix")


def _write(outcome: CheckOutcome, out: Path | None, fix: Path | None, *, quiet: bool) -> None:
    from leukoscope.data.manifest_files import write_manifest

    if out is not None:
        from leukoscope.reporting.data_report import write_check_report

        out.mkdir(parents=True, exist_ok=True)
        captions = outcome.captions()
        write_check_report(outcome.report, out, outcome.locate, about=lambda name: captions.get(name, ""))
        typer.echo(f"Report: {out}", err=quiet)
    if fix is not None and outcome.interrupted:
        typer.echo(f"{fix} is not written, because the check was interrupted.", err=True)
    elif fix is not None:
        mended = outcome.mend()
        write_manifest(mended.manifest, fix)
        typer.echo("\n".join((*mended.done, f"Mended manifest with {len(mended.manifest)} pictures: {fix}")), err=quiet)


def _tell(report: CheckReport) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    for one in report.sets:
        classes = ", ".join(f"{name} {count}" for name, count in one.classes) or "no labels"
        parts = "; " + ", ".join(f"{name} {count}" for name, count in one.parts) if one.parts else ""
        console.print(escape(f"{one.name}: {one.images} pictures ({classes}{parts})"))
    for finding in report.findings:
        _tell_finding(console, finding)
    for left_out in report.not_checked:
        console.print(escape(left_out), style="dim")
    console.print(escape(f"\n{report.verdict}  ({report.seconds:.0f} s)"), style="bold")


def _tell_finding(console: Console, finding: Finding) -> None:
    from rich.markup import escape

    named = f"[{_COLORS[finding.severity]}]{finding.severity.upper()}[/] {escape(f'[{finding.code}]')}"
    console.print(f"\n{named} {escape(finding.title)}")
    for pair in finding.pairs[:_NAMED]:
        note = f", {pair.note}" if pair.note else ""
        console.print(escape(f"    {pair.first} = {pair.second}  ({pair.kind} {pair.similarity:.2f}{note})"))
    for file in finding.files[:_NAMED]:
        console.print(escape(f"    {file}"))
    for measure in finding.measures:
        limits = f"{measure.value:.3f} [{measure.low:.3f}, {measure.high:.3f}]"
        console.print(escape(f"    {measure.name}: {limits}, chance {measure.chance:.3f}, n {measure.n}"))
    if finding.count > _NAMED and (finding.pairs or finding.files):
        console.print(f"    ... {finding.count} in all")
    console.print(f"    -> {escape(finding.advice)}", style="cyan")

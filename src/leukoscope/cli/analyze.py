"""`leukoscope analyze`: pictures in; findings, report.html, result.json and cells.csv out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leukoscope.cli.exit_codes import ExitCode
from leukoscope.cli.starting import importing
from leukoscope.errors import InvalidValueError

if TYPE_CHECKING:
    from leukoscope.reporting.outlines import OutlineFormat
    from leukoscope.service.analysis import BatchOutcome


def analyze(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Images, or folders of images.")],
    *,
    model: Annotated[
        str, typer.Option(help="A model's name or path; 'automatic' names cells, and stages only fields it knows.")
    ] = "automatic",
    out: Annotated[Path, typer.Option(help="Folder for report.html, result.json and cells.csv.")] = Path(
        "leukoscope-results"
    ),
    pixel_size: Annotated[
        float | None, typer.Option("--pixel-size", help="Micrometers per pixel, where you know it.")
    ] = None,
    finder: Annotated[
        str,
        typer.Option(
            help="How cells are found: 'automatic' (the detector where it agrees with the nuclear stain), 'classical', "
            "'detector' (insist), or a detector's path."
        ),
    ] = "automatic",
    outlines: Annotated[
        str | None,
        typer.Option(
            metavar="geojson|coco|png",
            help="Write the outlines of cells and nuclei, too, below outlines/: GeoJSON for QuPath, COCO, or pictures "
            "of numbers.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print result.json instead of a table.")] = False,
) -> None:
    """Find and name the cells of images, and write a report. Research use only.

    Exit codes: 0 done, 1 some inputs failed (the rest is written), 2 wrong usage, 3 nothing could be done.
    """
    with importing():
        from leukoscope import __version__
        from leukoscope.cli.inputs import sources_of
        from leukoscope.cli.progress import progress_over
        from leukoscope.domain.images import PixelSize
        from leukoscope.reporting.writer import ReportWriter
        from leukoscope.service.analysis import analyze_batch
        from leukoscope.wiring import make_analyzer

    given = None if pixel_size is None else PixelSize(pixel_size, "given")
    sources = sources_of(paths, given)
    analyzer = make_analyzer(model, finder=finder)
    writer = ReportWriter(
        out,
        cards=analyzer.cards,
        refs=analyzer.refs,
        version=__version__,
        outlines=_outline_format(outlines),
        settings=f"finder {finder}" + ("" if given is None else f", pixel size {given.um} um"),
    )
    with progress_over(len(sources), "Analyzing") as advance:
        outcome = analyze_batch(sources, analyzer, writer, after_each=lambda path, error: advance())
    _tell(outcome, out, as_json=as_json)
    raise typer.Exit(_exit_code(outcome, len(sources)))


def _outline_format(asked: str | None) -> OutlineFormat | None:
    from leukoscope.reporting.outlines import FORMATS

    found = next((one for one in FORMATS if one == asked), None)
    if asked is not None and found is None:
        raise InvalidValueError(f"There is no format {asked!r} of outlines.", hint=f"Choose of {', '.join(FORMATS)}.")
    return found


def _tell(outcome: BatchOutcome, out: Path, *, as_json: bool) -> None:
    if as_json:
        with (out / "result.json").open(encoding="utf-8") as stream:
            for piece in iter(lambda: stream.read(1 << 16), ""):
                sys.stdout.write(piece)
        return
    from rich.console import Console

    from leukoscope.reporting.terminal import print_outcome

    print_outcome(Console(), outcome.result)
    print(f"Report: {out / 'report.html'}")
    if outcome.stopped:
        print("Stopped early; what was finished is written. The same command goes on from here.", file=sys.stderr)


def _exit_code(outcome: BatchOutcome, asked: int) -> ExitCode:
    if outcome.stopped:
        return ExitCode.INTERRUPTED
    if outcome.failed == asked:
        return ExitCode.NOTHING_DONE
    return ExitCode.SOME_FAILED if outcome.failed else ExitCode.DONE

"""`leukoscope measure`: pictures in, a table with the measurements of every cell out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leukoscope.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from leukoscope.service.measuring import MeasuredBatch

_FAILURES_TOLD = 20


def measure(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Images, or folders of images.")],
    *,
    out: Annotated[Path, typer.Option(help="Table to write: .csv, or .parquet (needs the extra 'data').")] = Path(
        "cells.csv"
    ),
    outline: Annotated[
        str,
        typer.Option(
            help="How nucleus and cell are outlined: automatic, kmeans, hsv, otsu-saturation, otsu-density, "
            "otsu-hematoxylin, watershed, tracer, or a segmenter's name or path."
        ),
    ] = "automatic",
    finder: Annotated[
        str, typer.Option(help="How cells are found: automatic, classical, detector, or a detector's name or path.")
    ] = "automatic",
    pixel_size: Annotated[
        float | None, typer.Option("--pixel-size", help="Micrometers per pixel, where you know it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Measure every nucleated cell of images: size, nucleus, contour, color, texture. Research use only.

    A run that was stopped or killed goes on when the same command is typed again.

    Exit codes: 0 done, 1 some inputs failed (the rest is written), 2 wrong usage, 3 nothing could be done.
    """
    from leukoscope.cli.inputs import sources_of
    from leukoscope.cli.progress import progress_over
    from leukoscope.data.cell_table import CellTable
    from leukoscope.domain.images import PixelSize
    from leukoscope.imaging.measurements import measurement_names
    from leukoscope.service.measuring import measure_batch
    from leukoscope.wiring import make_cell_outliner

    table = CellTable(out, measurement_names())
    outliner = make_cell_outliner(outline, finder=finder)
    sources = sources_of(paths, None if pixel_size is None else PixelSize(pixel_size, "given"))
    with progress_over(len(sources), "Measuring") as advance:
        settings = f"finder {finder}" + ("" if pixel_size is None else f", pixel size {pixel_size} um")
        batch = measure_batch(sources, outliner, table, settings=settings, after_each=advance)
    (_print_json if as_json else _tell)(batch, out)
    raise typer.Exit(_exit_code(batch, len(sources)))


def _tell(batch: MeasuredBatch, out: Path) -> None:
    from leukoscope.reporting.wording import RESEARCH_USE, plural, visible

    print(f"{plural(batch.pictures, 'picture')}, {plural(batch.cells, 'nucleated cell')}")
    if batch.without_outline:
        print(f"{plural(batch.without_outline, 'cell')} could not be outlined: rows without measurements.")
    for warning in batch.warnings:
        print(visible(f"! {plural(warning.pictures, 'picture')}, first {warning.path}: {warning.sentence}"))
    for failure in batch.failed[:_FAILURES_TOLD]:
        print("not measured " + visible(f"{failure.path}: {failure.error}"), file=sys.stderr)
    if len(batch.failed) > _FAILURES_TOLD:
        print(f"and {len(batch.failed) - _FAILURES_TOLD} more; --json lists all", file=sys.stderr)
    print(f"Table: {out}")
    print(RESEARCH_USE)
    if batch.stopped:
        print("Stopped early; what was finished is in the table. The same command goes on from here.", file=sys.stderr)


def _print_json(batch: MeasuredBatch, out: Path) -> None:
    told = {
        "schema": "leukoscope.measured/1",
        "table": str(out),
        "pictures": batch.pictures,
        "cells": batch.cells,
        "without_outline": batch.without_outline,
        "failed": [{"path": failure.path, "error": failure.error} for failure in batch.failed],
        "stopped": batch.stopped,
        "warnings": [{"warning": one.sentence, "pictures": one.pictures, "first": one.path} for one in batch.warnings],
    }
    print(json.dumps(told, indent=1))


def _exit_code(batch: MeasuredBatch, asked: int) -> ExitCode:
    if batch.stopped:
        return ExitCode.INTERRUPTED
    if len(batch.failed) == asked:
        return ExitCode.NOTHING_DONE
    return ExitCode.SOME_FAILED if batch.failed else ExitCode.DONE

"""`leukoscope data describe`: what is in a data set, as one page with figures and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from leukoscope.data.description.values import Description


def describe(
    data: Annotated[Path, typer.Argument(help="A manifest (.parquet or .csv), or a folder of pictures.")],
    *,
    out: Annotated[Path, typer.Option(help="Folder for describe.html and description.json.")],
    images: Annotated[
        Path | None, typer.Option(help="Folder that the paths of the manifest start from; by default its own.")
    ] = None,
    pictures: Annotated[
        int, typer.Option(help="Pictures to open at most, drawn at random; 0 counts the table only.")
    ] = 10_000,
    mapped: Annotated[int, typer.Option("--map", help="Pictures on the maps at most; 0 draws none.")] = 2_000,
    model: Annotated[
        str, typer.Option(help="Model whose view is mapped: a name, a bundle's path, auto, or none.")
    ] = "auto",
    seed: Annotated[int, typer.Option(help="Seed of the samples and maps.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print description.json instead of a summary.")] = False,
) -> None:
    """Describe a data set: classes, patients, sizes, colors, mean pictures, copies, a map. Research use only."""
    from leukoscope.cli.progress import progress_over
    from leukoscope.experiments.data_description import DescribeOptions, describe_set, open_set
    from leukoscope.reporting.data_report.describe_page import write_description

    opened = open_set(data, images)
    for problem in opened.problems[:5]:
        typer.echo(f"not imported: {problem.file}: {problem.message}", err=True)
    if len(opened.problems) > 5:
        typer.echo(f"... {len(opened.problems)} in all; `leukoscope data import` lists them.", err=True)
    options = DescribeOptions(seed=seed, most_pictures=pictures, most_in_map=mapped, model=model)
    with progress_over(min(len(opened.manifest), pictures), "Reading pictures") as advance:
        description = describe_set(opened.manifest, options, after_each=advance)
    written = write_description(description, out)
    if as_json:
        print((out / "description.json").read_text(encoding="utf-8"), end="")
    else:
        _tell(description, written)


def _tell(description: Description, written: Path) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from leukoscope.data.description.picture_numbers import title_of

    console = Console()
    console.print(f"{escape(description.name)}: {description.pictures:,} pictures")
    table = Table("class", "pictures")
    for one in description.tables.classes[:30]:
        table.add_row(escape(one.name), f"{one.count:,}")
    console.print(table)
    if description.tables.boxes is not None:
        counts = [f"{one.name} {one.count:,}" for one in description.tables.boxes.per_label]
        console.print(f"marked objects: {escape(', '.join(counts) or 'none')}")
    if description.seen is not None:
        told = [number for number in description.seen.separation if number.between_classes is not None][:3]
        for number in told:
            share = f"{number.between_classes:.0%}"
            console.print(f"{title_of(number.number)}: {share} of its variance lies between the classes")
        for failed in description.seen.unreadable[:5]:
            console.print(f"not read: {escape(failed.path)}: {escape(failed.why)}")
    for note in description.notes:
        console.print(escape(note))
    console.print(f"The page: {escape(str(written))}")

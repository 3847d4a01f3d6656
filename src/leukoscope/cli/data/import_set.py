"""`leukoscope data import`: a data set as its owners laid it out in, one manifest out."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leukoscope.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from leukoscope.data.sources.source import Problem, Source
    from leukoscope.data.sources.wishes import ReadingWish
    from leukoscope.experiments.data_import import ImportedSet

_SHOWN = 20


def import_set(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME] PATH", help="A set or format, and its folder or file; the name may be left out."
        ),
    ] = None,
    *,
    out: Annotated[Path | None, typer.Option(help="The manifest to write: .parquet or .csv.")] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(help="Folder for the pictures of a set that comes as one file; by default beside the manifest."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="Of a table, such as label=cell_class: which of its columns is our column; may be repeated."),
    ] = None,
    names: Annotated[
        str | None, typer.Option(help="Of YOLO: the classes in the order of their numbers, such as rbc,wbc.")
    ] = None,
    one_based: Annotated[
        bool, typer.Option("--one-based", help="Of VOC: pixels count from 1 and the last one belongs to the box.")
    ] = False,
    download: Annotated[
        bool, typer.Option("--download", help="Fetch the set into PATH first; shows its licence and asks.")
    ] = False,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Accept the licence shown by --download without being asked.")
    ] = False,
    listed: Annotated[bool, typer.Option("--list", help="List all sets and formats with their licences.")] = False,
    card: Annotated[
        str | None, typer.Option(help="Show what to know of a set: classes, licence, splits, traps.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print for programs.")] = False,
) -> None:
    """Read a data set into a manifest: one row per picture, hashed and measured. Pictures are never changed.

    Exit codes: 0 done, 1 some pictures or lines have problems (the rest is written), 2 wrong usage, 3 nothing could
    be done.
    """
    from leukoscope.cli.data.set_cards import print_card, print_list
    from leukoscope.data.sources.wishes import ReadingWish

    if listed:
        return print_list(as_json=as_json)
    if card is not None:
        return print_card(card, as_json=as_json)
    name, path = _asked(what or [])
    out = _place(out)
    told = ReadingWish(_columns(column or []), _names(names), one_based)
    if download:
        from leukoscope.cli.data.fetching import fetch_set

        path = fetch_set(name, path, accepted=accept_licence)
    try:
        imported = _import(name, path, out, pictures, told)
    except KeyboardInterrupt:
        typer.secho("Stopped. The same command goes on with the pictures that are left.", err=True)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    _tell(imported, out, as_json=as_json)
    if imported.problems:
        raise typer.Exit(ExitCode.SOME_FAILED)
    return None


def _asked(what: list[str]) -> tuple[str | None, Path]:
    if len(what) == 1:
        return None, Path(what[0])
    if len(what) == 2:
        return what[0], Path(what[1])
    raise typer.BadParameter("give a name and a path, or a path alone", param_hint="[NAME] PATH")


def _place(out: Path | None) -> Path:
    from leukoscope.data.manifest_files import SUFFIXES, is_manifest

    if out is None or not is_manifest(out):
        raise typer.BadParameter(f"name the manifest to write, ending with {' or '.join(SUFFIXES)}", param_hint="--out")
    return out


def _columns(told: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in told]
    if not all(ours and theirs for ours, _, theirs in pairs):
        raise typer.BadParameter("write it like label=cell_class: our column, then the table's", param_hint="--column")
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


def _names(told: str | None) -> tuple[str, ...]:
    names = tuple(one.strip() for one in told.split(",")) if told is not None else ()
    if told is not None and not all(names):
        raise typer.BadParameter("write it like rbc,wbc,platelet", param_hint="--names")
    return names


def _import(name: str | None, path: Path, out: Path, pictures: Path | None, told: ReadingWish) -> ImportedSet:
    from leukoscope.cli.progress import progress_over
    from leukoscope.data.manifest_files import write_manifest
    from leukoscope.data.sources.registry import find_source, recognize
    from leukoscope.data.sources.wishes import with_wish
    from leukoscope.experiments.data_import import fingerprint_set, read_set
    from leukoscope.experiments.data_import_journal import open_journal

    source = recognize(path) if name is None else find_source(name)
    if name is None:
        _say_recognized(source, path)
    source = with_wish(source, told)
    path = _unpacked(source, path, out, pictures)
    imported = read_set(source, path)
    base = path if path.is_dir() else path.parent
    with open_journal(out, base) as journal, progress_over(len(imported.rows), "Reading pictures") as advance:
        done = fingerprint_set(imported, source.card.name, journal, after_each=advance)
        write_manifest(done.manifest, out)
    return done


def _unpacked(source: Source, path: Path, out: Path, pictures: Path | None) -> Path:
    """Where the pictures of a set are; those of a set that comes as one file are written out first."""
    from leukoscope.cli.progress import progress_over
    from leukoscope.data.sources.source import PackedSource

    if not (isinstance(source, PackedSource) and source.is_packed(path)):
        return path
    folder = pictures or out.parent / f"{path.stem}-pictures"
    with progress_over(source.count_packed(path), "Writing pictures") as advance:
        source.unpack(path, folder, after_each=advance)
    typer.secho(f"The pictures of {path} were written to {folder}.", err=True)
    return folder


def _say_recognized(source: Source, path: Path) -> None:
    typer.secho(f"{path} looks like {source.card.name}: {source.card.layout or source.card.title}.", err=True)


def _tell(imported: ImportedSet, out: Path, *, as_json: bool) -> None:
    from leukoscope.experiments.data_import import count_boxes

    table = imported.manifest.table
    classes = Counter(str(label) for label in table["label"].dropna())
    parts = Counter(str(part) for part in table["split"].dropna())
    boxes = count_boxes(imported.manifest)
    if as_json:
        said = {
            "schema": "leukoscope.import/1",
            "set": imported.manifest.name,
            "manifest": str(out),
            "pictures": len(imported.manifest),
            "without_pixels": imported.without_pixels,
            "measured_before": imported.measured_before,
            "classes": dict(sorted(classes.items())),
            "boxes": dict(sorted(boxes.items())),
            "parts": dict(sorted(parts.items())),
            "empty_folders": list(imported.empty_folders),
            "problems": [{"file": one.file, "line": one.line, "message": one.message} for one in imported.problems],
        }
        print(json.dumps(said, indent=2, ensure_ascii=False))
        return
    print(f"{out}: {len(imported.manifest)} pictures of {imported.manifest.name}.")
    if imported.measured_before:
        print(f"{imported.measured_before} of them had been measured before the command was stopped.")
    if imported.without_pixels:
        print(f"{imported.without_pixels} of them are only listed with their hash; their files are not here.")
    unlabeled = len(imported.manifest) - sum(classes.values())
    print(_counts("classes", classes) + (f"; without label: {unlabeled}" if unlabeled else ""))
    if boxes:
        print(_counts("boxes", boxes))
    print(_counts("parts", parts) if parts else "parts: none; make them with `leukoscope data split`")
    if imported.empty_folders:
        print(f"No class was made of folders that hold no picture: {', '.join(imported.empty_folders)}")
    _tell_problems(imported.problems)


def _counts(what: str, counts: Counter[str]) -> str:
    return f"{what}: " + (", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none")


def _tell_problems(problems: tuple[Problem, ...]) -> None:
    if problems:
        typer.secho(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}:", err=True)
    for one in problems[:_SHOWN]:
        place = one.file if one.line is None else f"{one.file}, line {one.line}"
        typer.secho(f"  {place}: {one.message}", err=True)
    if len(problems) > _SHOWN:
        typer.secho(f"  and {len(problems) - _SHOWN} more; --json tells all.", err=True)

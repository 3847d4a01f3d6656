"""`leukoscope data export`: a set as CVAT, Label Studio, FiftyOne and trainers read it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leukoscope.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from leukoscope.data.exports import Exported
    from leukoscope.data.exports.export import Format

_SHOWN = 20


def export(
    manifest: Annotated[Path, typer.Argument(metavar="MANIFEST", help="The set, from `leukoscope data import`.")],
    *,
    format_name: Annotated[
        str, typer.Option("--format", help="yolo, yolo-seg (outlines), coco, voc or folders (one per class).")
    ],
    out: Annotated[Path, typer.Option(help="A new folder, or one in which the same export was broken off.")],
    mask_class: Annotated[
        list[str] | None,
        typer.Option(
            help="What gray levels of masks mean, such as nucleus=255 or cell=100-255: their pieces become outlined "
            "objects; may be repeated."
        ),
    ] = None,
    link: Annotated[
        bool,
        typer.Option(
            "--link", help="Hard-link pictures: no second copy on the disk, but who edits one there edits yours."
        ),
    ] = False,
    images: Annotated[
        Path | None, typer.Option(help="Folder that the paths of the manifest start from; by default its own.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print for programs.")] = False,
) -> None:
    """Write a set as a folder for other programs, and say what the format cannot hold.

    Exit codes: 0 done, 1 some pictures could not be exported (the rest is), 2 wrong usage, 3 nothing could be done.
    """
    from leukoscope.cli.progress import progress_over
    from leukoscope.data.exports import ExportWish, MaskClass, export_manifest
    from leukoscope.data.manifest_files import read_manifest

    masks = tuple(MaskClass.of_text(one) for one in mask_class or [])
    wish = ExportWish(_format(format_name), "link" if link else "copy", masks)
    table = read_manifest(manifest, images)
    with progress_over(len(table), "Exporting") as advance:
        exported = export_manifest(table, out, wish, after_each=advance)
    _tell(exported, out, wish.format, as_json=as_json)
    if exported.problems:
        raise typer.Exit(ExitCode.SOME_FAILED if exported.pictures else ExitCode.NOTHING_DONE)


def _format(name: str) -> Format:
    from leukoscope.data.exports import FORMATS

    known = next((one for one in FORMATS if one == name.lower()), None)
    if known is None:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(FORMATS)}", param_hint="--format")
    return known


def _tell(exported: Exported, out: Path, format_name: str, *, as_json: bool) -> None:
    if as_json:
        said = {"schema": "leukoscope.export/1", "format": format_name, "folder": str(out), **asdict(exported)}
        print(json.dumps(said, indent=2, ensure_ascii=False))
        return
    boxes = "" if format_name == "folders" else f" with {exported.boxes} boxes"
    print(f"{out}: {exported.pictures} pictures{boxes} as {format_name}.")
    print(f"classes: {', '.join(exported.classes) or 'none'}")
    for what in exported.lost:
        print(f"Not held by the format: {what}. Keep the manifest.")
    if exported.outside:
        told = f"{len(exported.outside)} files lie outside of the folder that the paths start from, the first is"
        print(f"{told} {exported.outside[0]!r}. Look at them before you pass the export on.")
    for one in exported.problems[:_SHOWN]:
        typer.secho(f"  {one.file}: {one.message}", err=True)
    if len(exported.problems) > _SHOWN:
        typer.secho(f"  and {len(exported.problems) - _SHOWN} more; --json tells all.", err=True)

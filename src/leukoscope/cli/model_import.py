"""`leukoscope model import`: a classifier of somebody else becomes a model that every command knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from leukoscope.cli.card_json import card_as_dict, print_document
from leukoscope.cli.model_files import AsJson, Folder

if TYPE_CHECKING:
    from leukoscope.domain.labels import CellGroup
    from leukoscope.experiments.model_import import Level
    from leukoscope.modeling.importing.statement import Colors, Gives, Layout

_FIRST = {".onnx": "nchw", ".pt2": "nchw"}


def import_model(
    file: Annotated[Path, typer.Argument(help="A classifier: .onnx, .pt2 (torch.export), .keras or .h5.")],
    *,
    name: Annotated[str, typer.Option(help="Name the model gets here.")],
    labels: Annotated[str, typer.Option(help="Its classes, separated by commas, in the order of its outputs.")],
    size: Annotated[str, typer.Option(help="Side of its pictures in pixels, or WIDTHxHEIGHT.")],
    scaling: Annotated[
        str,
        typer.Option(
            help="How it wants its numbers: 0-1, 0-255, minus-1-1, imagenet, or mean,std of values in 0 to 1."
        ),
    ] = "0-1",
    layout: Annotated[
        str | None,
        typer.Option(help="Channels last (nhwc) or first (nchw); by default as usual: Keras last, others first."),
    ] = None,
    colors: Annotated[str, typer.Option(help="Order of the channels: rgb, or bgr as OpenCV reads pictures.")] = "rgb",
    gives: Annotated[
        str, typer.Option(help="What comes out: probabilities, logits, one-probability or one-logit.")
    ] = "probabilities",
    positive_is: Annotated[str, typer.Option(help="For a single output: the label that a high value means.")] = "",
    level: Annotated[str, typer.Option(help="What it reads: one cell, or a whole image.")] = "cell",
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL=GROUP",
            help="How cells of a label count: leukocyte, immature, erythroblast, blast or field; repeatable.",
        ),
    ] = None,
    uncertain_below: Annotated[
        float, typer.Option(help="Score below which it says 'uncertain'; stated, since nothing was measured.")
    ] = 0.9,
    title: Annotated[str, typer.Option(help="What people read; by default the name.")] = "",
    licence: Annotated[str, typer.Option(help="Licence of the weights.")] = "",
    folder: Folder = None,
    replace: Annotated[bool, typer.Option("--replace", help="Exchange a model of the same name.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a model of somebody else's classifier; what it takes and gives is stated, not guessed."""
    from leukoscope.bundles.registry import user_folder
    from leukoscope.experiments.model_import import NOT_STATED, About
    from leukoscope.experiments.model_import import import_model as run
    from leukoscope.modeling.importing.statement import Statement, read_scaling, read_size

    width, height = read_size(size)
    statement = Statement(
        width=width,
        height=height,
        scaling=read_scaling(scaling),
        layout=cast("Layout", layout or _FIRST.get(file.suffix.lower(), "nhwc")),
        colors=cast("Colors", colors),
        gives=cast("Gives", gives),
        labels=tuple(one.strip() for one in labels.split(",") if one.strip()),
        positive=positive_is.strip(),
    )
    about = About(name, _level(level), uncertain_below, title, licence or NOT_STATED, _groups(group or []))
    imported = run(file, statement, about, folder or user_folder(), replace=replace)
    if as_json:
        told = {"path": str(imported.folder), "warnings": imported.warnings, "card": card_as_dict(imported.card)}
        print_document("leukoscope.imported-model/1", {"name": name, **told})
        return
    print(f"{name} is imported to {imported.folder}.")
    for warning in imported.warnings:
        print(f"Look at this: {warning}")
    print("Nothing is known of how good it is. Measure it on labeled pictures it never saw:")
    print(f"  leukoscope evaluate --model {imported.folder if folder else name} --data FOLDER_PER_CLASS")


def _level(text: str) -> Level:
    from leukoscope.errors import InvalidValueError

    if text not in ("cell", "image"):
        raise InvalidValueError(f"{text!r} is no level.", hint="Say --level cell or --level image.")
    return cast("Level", text)


def _groups(given: list[str]) -> dict[str, CellGroup]:
    from typing import get_args

    from leukoscope.domain.labels import CellGroup
    from leukoscope.errors import InvalidValueError

    pairs = [one.partition("=") for one in given]
    for label, _, kind in pairs:
        if kind not in get_args(CellGroup):
            raise InvalidValueError(
                f"{kind or label!r} is no group of cells.", hint=f"Say LABEL={'|'.join(get_args(CellGroup))}."
            )
    return {label: cast("CellGroup", kind) for label, _, kind in pairs}

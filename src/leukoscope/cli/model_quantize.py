"""`leukoscope model quantize`: a model in 8 bits, a third of the size, refused where it would lose too much."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leukoscope.cli.card_json import card_as_dict, print_document
from leukoscope.cli.exit_codes import ExitCode
from leukoscope.cli.model_files import AsJson
from leukoscope.cli.progress import progress_over

if TYPE_CHECKING:
    from leukoscope.experiments.quantization_run import Quantized


def quantize(
    name: Annotated[str, typer.Argument(help="A model's name, or the path of a bundle or of a run.")],
    *,
    data: Annotated[
        Path, typer.Option(help="Manifest with the parts train (tells ranges), validation (tells the loss) and test.")
    ],
    images: Annotated[
        Path | None, typer.Option(help="Folder that the paths of the manifest start from; by default its own.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the new bundle; by default bundles/<name>-int8.")] = None,
    most_lost: Annotated[
        float, typer.Option(help="Largest loss of accuracy on the validation part that is put up with.")
    ] = 0.01,
    as_json: AsJson = False,
) -> None:
    """Write a model's variant in 8 bits, with what that cost on its card; or say why there is none."""
    from leukoscope.errors import require_extra

    for package in ("onnx", "sklearn"):
        require_extra("train", package)

    from leukoscope.experiments.evaluation_run import find_model
    from leukoscope.experiments.quantization import SUFFIX
    from leukoscope.experiments.quantization_run import open_divided, quantize_and_write

    bundle, _ = find_model(name)
    folder = out or Path("bundles") / f"{bundle.card.name}{SUFFIX}"
    divided = open_divided(bundle, data, images)
    with _without_advice(), progress_over(len(divided), "Pictures") as tick:
        found = quantize_and_write(bundle, divided, folder, most_lost=most_lost, after_each=tick)
    (_print_json if as_json else _tell)(found, folder)
    for failure in found.not_read:
        typer.secho(f"Not read: {failure.path}: {failure.why}", err=True)
    if found.not_read:
        raise typer.Exit(ExitCode.SOME_FAILED)


def _tell(found: Quantized, folder: Path) -> None:
    from leukoscope.reporting.evaluation_report.evaluation_words import accuracy_text

    if found.card.quantization is not None:
        print(found.card.quantization.told)
    if found.evaluation is not None:
        print(f"Held-out accuracy {accuracy_text(found.evaluation)}.")
    print(f"Bundle: {folder}")


def _print_json(found: Quantized, folder: Path) -> None:
    not_read = [{"path": failure.path, "error": failure.why} for failure in found.not_read]
    print_document(
        "leukoscope.quantized-model/1",
        {"name": found.card.name, "path": str(folder), "card": card_as_dict(found.card), "not_read": not_read},
    )


@contextmanager
def _without_advice() -> Iterator[None]:
    """ONNX Runtime's tools advise at length, through the logger of everybody."""
    root = logging.getLogger()
    usual = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(usual)

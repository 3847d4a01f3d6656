"""`leukoscope leakage`: one recipe on a clean and on two leaky splits; how much the split alone flatters it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from leukoscope.evaluation.leakage import ArmRun, Lab


def leakage(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE.toml", help="What to train; see recipes/.")],
    *,
    data: Annotated[
        Path, typer.Option(help="A manifest; or the folder of the data set that the recipe's split file names.")
    ],
    seeds: Annotated[int, typer.Option(help="Trainings of each arm, each with a division of its own.")] = 3,
    by: Annotated[
        Literal["patient", "group", "blocks"] | None,
        typer.Option(help="What the clean arm keeps together; by default the patient, else the group, else blocks."),
    ] = None,
    shares: Annotated[
        str, typer.Option(help="Train/validation/test of the clean arm; all arms get parts of one size.")
    ] = "70/10/20",
    versions: Annotated[
        int | None, typer.Option(help="Copies per picture of the augmented arm; by default those of its preset.")
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="Pairs that show the same thing, as `leukoscope data split` writes them.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder that the paths of the manifest start from; by default its own.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the lab; by default leakage/<recipe>.")] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="A.B=VALUE", help="Change one key of the recipe; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print leakage.json instead of a table.")] = False,
) -> None:
    """Train a recipe split by group, by image, and augmented before the split. A lab that was stopped goes on."""
    from leukoscope.errors import require_extra

    for package in ("torch", "torchvision", "timm", "lightning", "sklearn", "onnx", "onnxscript"):
        require_extra("train", package)
    import logging

    from leukoscope.cli.progress import progress_over
    from leukoscope.data.splits.recipe import Shares
    from leukoscope.experiments.leakage.lab import LabWish, run_lab
    from leukoscope.reporting.comparison_report.leakage_page import PAGE, lab_to_json, write_leakage
    from leukoscope.reporting.comparison_report.leakage_words import say_leakage, warn_of_lab

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    for chatty in ("onnxscript", "onnx_ir", "torch.onnx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    folder = out or Path("leakage") / recipe.stem
    wish = LabWish(seeds=seeds, by=by, shares=Shares.of_text(shares), versions=versions, pairs=pairs, images=images)

    def keep(so_far: Lab) -> None:
        write_leakage(so_far, folder)  # what is finished is told, whatever becomes of the rest
        _tell_run(so_far.runs[-1])

    lab = run_lab(recipe, data, folder, changes or (), wish=wish, watch=progress_over, after_run=keep)
    if as_json:
        print(lab_to_json(lab), end="")
        return
    for warning in warn_of_lab(lab):
        typer.secho(f"Warning: {warning}", err=True)
    print(say_leakage(lab))
    print(f"Report: {folder / PAGE}")


def _tell_run(run: ArmRun) -> None:
    typer.echo(
        f"Seed {run.seed}, {run.arm}: reported {run.reported.accuracy:.3f} on {run.reported.n} pictures, "
        f"on unseen groups {run.unseen.accuracy:.3f} on {run.unseen.n}.",
        err=True,
    )

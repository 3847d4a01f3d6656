"""`leukoscope data augment`: changed copies of training pictures, by preset; boxes and masks move along."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from leukoscope.data.manifest import Manifest
    from leukoscope.experiments.augmentation_run import AugmentationOutcome
    from leukoscope.modeling.augmentation.presets import Preset

SHEET = "sheet.png"


def augment(
    manifest: Annotated[
        Path | None,
        typer.Argument(metavar="MANIFEST", help="Manifest with parts; without one, --sheet shows drawn pictures."),
    ] = None,
    *,
    preset: Annotated[str | None, typer.Option(help="What to do; see --list.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the augmented set.")] = None,
    versions: Annotated[int | None, typer.Option(help="Changed copies per training picture.")] = None,
    balance: Annotated[int | None, typer.Option(help="Fill every class of the training part up to this many.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; by default one per core.")] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder that the paths of the manifest start from; by default its own.")
    ] = None,
    form: Annotated[
        Literal["png", "jpg"], typer.Option("--format", help="File format; jpg is smaller and loses a little.")
    ] = "png",
    reference: Annotated[
        Path | None, typer.Option(help="Picture whose colors reinhard or macenko aim at; by default a drawn smear.")
    ] = None,
    leaky: Annotated[
        bool, typer.Option("--leaky", help="Augment before splitting, the wrong way, for teaching; marked forever.")
    ] = False,
    sheet: Annotated[bool, typer.Option("--sheet", help=f"Write {SHEET}: what the preset (or each) does.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="Show all presets with their parameters.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Write changed copies of training pictures and a manifest of the whole set. A run that was stopped goes on."""
    from leukoscope.modeling.augmentation.presets import PRESETS, find_preset

    if listing:
        _print_presets([find_preset(preset)] if preset else list(PRESETS), as_json=as_json)
        return
    if out is None:
        raise typer.BadParameter("say where to write.", param_hint="--out")
    if not sheet and (manifest is None or preset is None):
        raise typer.BadParameter("give a manifest and --preset, or --sheet, or --list.")
    from leukoscope.errors import require_extra

    for package in ("torch", "torchvision", "pandas"):
        require_extra("train", package)
    from leukoscope.data.manifest_files import read_manifest

    source = read_manifest(manifest, images) if manifest else None
    chosen = find_preset(preset) if preset else None
    if sheet:
        _write_sheet(source, chosen, out, seed)
    if source is None or chosen is None:
        return
    from leukoscope.cli.progress import progress_over
    from leukoscope.experiments.augmentation_plan import plan_augmentation
    from leukoscope.experiments.augmentation_run import carry_out

    plan = plan_augmentation(
        source,
        chosen,
        out,
        versions=versions,
        balance=balance,
        seed=seed,
        leaky=leaky,
        suffix=".jpg" if form == "jpg" else ".png",
        reference=reference,
    )
    with progress_over(len(plan.jobs), "Augmenting") as after_each:
        outcome = carry_out(plan, workers=workers, after_each=after_each)
    _print_outcome(outcome, out, as_json=as_json)


def _write_sheet(source: Manifest | None, preset: Preset | None, out: Path, seed: int) -> None:
    from leukoscope.modeling.augmentation.presets import PRESETS
    from leukoscope.modeling.augmentation.sheet import write_sheet

    write_sheet(out / SHEET, source, [preset] if preset else PRESETS, seed)
    typer.echo(f"Sheet: {out / SHEET}", err=True)


def _print_presets(presets: list[Preset], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([_told(one) for one in presets], indent=2))
        return
    for one in presets:
        print(f"{one.name}: {one.source}")
        for parameter in one.parameters():
            print(f"    {parameter.key} = {parameter.value}{'   (assumed)' if parameter.assumed else ''}")
        if "order" in one.assumed:
            print("    order of the steps   (assumed)")
        for note in one.notes:
            print(f"    {note}")


def _told(preset: Preset) -> dict[str, object]:
    parameters = [{"name": one.key, "value": one.value, "assumed": one.assumed} for one in preset.parameters()]
    return {
        "name": preset.name,
        "source": preset.source,
        "parameters": parameters,
        "order_assumed": "order" in preset.assumed,
        "notes": preset.notes,
    }


def _print_outcome(outcome: AugmentationOutcome, out: Path, *, as_json: bool) -> None:
    from leukoscope.cli.exit_codes import ExitCode
    from leukoscope.experiments.augmentation_run import MANIFEST

    parts = {str(part): int(n) for part, n in outcome.manifest.table["split"].value_counts().items() if n}
    problems = [{"file": one.file, "message": one.message} for one in outcome.problems]
    if as_json:
        told = {
            "manifest": str(out / MANIFEST),
            "pictures": len(outcome.manifest),
            "written": outcome.written,
            "resumed": outcome.resumed,
            "parts": parts,
            "leaky": outcome.manifest.leaky,
            "problems": problems,
        }
        print(json.dumps(told, indent=2))
    else:
        for problem in problems:
            typer.echo(f"{problem['file']}: {problem['message']}", err=True)
        before = f", {outcome.resumed} were there from an earlier run" if outcome.resumed else ""
        print(f"{outcome.written} pictures written{before}; {len(outcome.manifest)} in {out / MANIFEST}.")
        print(", ".join(f"{part} {n}" for part, n in parts.items()) or "No parts yet.")
        if outcome.manifest.leaky:
            print("Marked leaky: figures on parts made of this set are too good.")
    if problems:
        raise typer.Exit(ExitCode.SOME_FAILED)

"""`leukoscope data split`: divides a set so that no patient, no copy and no neighbor lies on both sides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table as RichTable

    from leukoscope.data.splits.counts import PartCount
    from leukoscope.data.splits.recipe import By, Shares
    from leukoscope.experiments.data_split import SplitOutcome, SplitWish


def split(
    manifest: Annotated[Path, typer.Argument(metavar="MANIFEST", help="The set, from `leukoscope data import`.")],
    *,
    out: Annotated[Path, typer.Option(help="The divided manifest to write, .parquet or .csv.")],
    by: Annotated[
        str | None,
        typer.Option(
            help="What is never divided: patient, group (a column of the manifest), copies (of a picture, with blocks "
            "of neighboring file numbers), blocks, or image (nothing). By default patient where all are named, else "
            "group, else copies."
        ),
    ] = None,
    shares: Annotated[
        str | None,
        typer.Option(
            help="Percent, or any other ratio, for train/validation/test, or train/test; 64/16/20 without --folds."
        ),
    ] = None,
    folds: Annotated[int, typer.Option(help="Folds of a cross-validation; with --shares without the test part.")] = 0,
    seed: Annotated[
        int | None,
        typer.Option(help="Another seed gives another split; by default 0, or with --leave-out the best of 200."),
    ] = None,
    block_size: Annotated[int, typer.Option(help="Pictures per block of neighboring file numbers.")] = 25,
    pairs: Annotated[
        Path | None, typer.Option(help="Copies that are known (first,second); without it they are searched for.")
    ] = None,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Leave copies out of training instead of tying their groups together.")
    ] = False,
    official: Annotated[bool, typer.Option("--official", help="Keep the parts or folds that are there.")] = False,
    leaky: Annotated[
        bool, typer.Option("--leaky", help="The wrong way, for teaching: augment first, then divide at random.")
    ] = False,
    preset: Annotated[str, typer.Option(help="How --leaky augments; see `leukoscope data augment`.")] = "subtypes",
    versions: Annotated[int | None, typer.Option(help="Copies per picture that --leaky makes.")] = None,
    balance: Annotated[int | None, typer.Option(help="Pictures per class that --leaky fills up to.")] = None,
    repeat: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Repeat the recipe of another divided manifest.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder that the paths of the manifest start from; by default its own.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Divide a set into parts or folds. The recipe is written into the manifest, so that anybody can repeat it."""
    from leukoscope.cli.progress import progress_over
    from leukoscope.experiments.data_split import AugmentFirst, SplitWish, split_leaky, split_set

    wish = SplitWish(
        by="official" if official else _by(by),
        shares=_shares(shares, folds),
        folds=folds,
        seed=seed,
        block_size=block_size,
        leave_out=leave_out,
        repeat=repeat,
    )
    _refuse_contradictions(wish, by, shares)
    if leaky and (wish.by not in (None, "image") or repeat is not None or leave_out or pairs is not None):
        raise typer.BadParameter("divides at random by image; give nothing that ties or repeats", param_hint="--leaky")
    if leaky:
        first = AugmentFirst(preset, versions, balance)
        outcome = split_leaky(manifest, out, wish, first, images=images, watch=progress_over)
    else:
        outcome = split_set(manifest, out, wish, images=images, pairs=pairs, watch=progress_over)
    if as_json:
        print(json.dumps(_to_json(outcome), indent=2))
    else:
        _tell(outcome)


def _by(name: str | None) -> By | None:
    from leukoscope.data.splits.recipe import BYS

    if name is None:
        return None
    known = next((by for by in BYS if by == name and by != "official"), None)
    if known is None:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(BYS[:-1])}", param_hint="--by")
    return known


def _shares(text: str | None, folds: int) -> Shares | None:
    from leukoscope.data.splits.recipe import Shares

    if text is None and folds:
        return None
    return Shares() if text is None else Shares.of_text(text)


def _refuse_contradictions(wish: SplitWish, by: str | None, shares: str | None) -> None:
    given = by is not None or shares is not None or wish.folds > 0 or wish.leave_out
    if wish.repeat is not None and (given or wish.by is not None):
        raise typer.BadParameter("the recipe comes from that file; give nothing else", param_hint="--from")
    if wish.by == "official" and given:
        raise typer.BadParameter("official parts are kept as they are; give nothing else", param_hint="--official")


def _to_json(outcome: SplitOutcome) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "schema": "leukoscope.split-report/1",
        "manifest": str(outcome.path),
        "pictures": len(outcome.result.manifest),
        "leaky": outcome.result.manifest.leaky,
        "method": json.loads(outcome.result.manifest.split_method),
        "counts": [asdict(one) for one in outcome.summary.counts],
        "warnings": list(outcome.summary.warnings),
        "left_out": list(outcome.result.left_out),
    }


def _tell(outcome: SplitOutcome) -> None:
    from rich.console import Console

    console, made = Console(), outcome.result.manifest
    shown = [one for one in outcome.summary.counts if one.label]
    for column in ("split", "fold"):
        counts = [one for one in shown if one.part.startswith("fold ") == (column == "fold")]
        if counts:
            console.print(_table(counts))
    console.print(_told_method(outcome), soft_wrap=True)
    if made.leaky:
        typer.secho("LEAKY: divided the wrong way on purpose. The manifest says so forever.", err=True)
    for warning in outcome.summary.warnings:
        typer.secho(f"Warning: {warning}", err=True)
    console.print(f"{len(made)} pictures: {outcome.path}", soft_wrap=True)


def _told_method(outcome: SplitOutcome) -> str:
    method = json.loads(outcome.result.manifest.split_method)
    if outcome.recipe.by == "official":
        return "Official parts, kept as they are."
    together = ", ".join(method.get("groups_from", ())) if method["grouped"] else ""
    return f"Kept together: {f'what shares {together}' if together else 'nothing'}. Seed {method['seed']}."


def _table(counts: Sequence[PartCount]) -> RichTable:
    from rich.table import Table

    parts = list(dict.fromkeys(one.part for one in counts))
    # Folds are many and nearly equal, so their shares would only take room.
    share = not parts[0].startswith("fold ")
    patients = any(one.patients for one in counts)
    title = f"pictures / groups{' / patients' if patients else ''}"
    table = Table("class", *parts, title=title, title_justify="left")
    for label in dict.fromkeys(one.label for one in counts):
        cells = [one for one in counts if one.label == label]
        table.add_row(label, *(_cell(one, share=share, patients=patients) for one in cells))
    return table


def _cell(one: PartCount, *, share: bool, patients: bool) -> str:
    numbers = f"{one.pictures} / {one.groups}" + (f" / {one.patients}" if patients else "")
    return f"{numbers} ({one.percent:.1f} %)" if share else numbers

"""`leukoscope evaluate`: how often a model is right on labeled pictures, with limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from leukoscope.data.manifest import Part
    from leukoscope.experiments.scores import Scores


def evaluate(
    *,
    model: Annotated[str, typer.Option(help="A model's name, or the path of a bundle.")],
    data: Annotated[Path, typer.Option(help="A manifest or split file, or a folder with one folder per class.")],
    images: Annotated[
        Path | None, typer.Option(help="Folder that the paths of the manifest start from; by default its own.")
    ] = None,
    part: Annotated[str, typer.Option(help="Part of the manifest: train, validation, test or all.")] = "test",
    out: Annotated[Path | None, typer.Option(help="Folder for metrics.json.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print metrics.json instead of a table.")] = False,
) -> None:
    """Hold a model against labeled pictures. Research use only."""
    from leukoscope.bundles.registry import find_bundle
    from leukoscope.cli.progress import progress_over
    from leukoscope.experiments.data_verdict import keep_verdict
    from leukoscope.experiments.evaluation_run import evaluate_bundle, find_labeled, verdict_on
    from leukoscope.experiments.split_use import LEAKY

    pictures = find_labeled(data, images, _part(part))
    if pictures.manifest is not None and pictures.manifest.leaky:
        typer.secho(f"Warning: {LEAKY}", err=True)
    with progress_over(len(pictures.entries), "Evaluating") as advance:
        scores = evaluate_bundle(find_bundle(model), pictures, after_each=advance)
    verdict = verdict_on(pictures)
    text = json.dumps(scores.to_json(), indent=2)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        if verdict is not None:
            keep_verdict(verdict, out / "data_check.json")
        (out / "metrics.json").write_text(text + "\n", encoding="utf-8")
    if as_json:
        print(text)
    else:
        _tell(scores)
    if verdict is not None:
        typer.echo(f"Check of the data: {verdict.verdict}", err=as_json)


def _part(name: str) -> Part | None:
    from leukoscope.data.manifest import PARTS
    from leukoscope.errors import InvalidValueError

    if name == "all":
        return None
    for part in PARTS:
        if part == name:
            return part
    raise InvalidValueError(f"There is no part {name!r}.", hint=f"It is one of {', '.join(PARTS)}, all.")


def _tell(scores: Scores) -> None:
    from rich.console import Console
    from rich.table import Table

    headline = Table("figure", "value", "95 % limits")
    for name in ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1"):
        low, high = getattr(scores, f"{name}_ci95")
        headline.add_row(name.replace("_", " "), f"{getattr(scores, name):.3f}", f"{low:.3f}-{high:.3f}")
    headline.add_row("left open", f"{scores.abstained:.3f}", "")
    headline.add_row("accuracy where not left open", f"{scores.accepted_accuracy:.3f}", "")
    classes = Table("class", "recall", "precision", "F1", "pictures")
    for name, one in zip(scores.classes, scores.per_class, strict=True):
        classes.add_row(name, f"{one.recall:.3f}", f"{one.precision:.3f}", f"{one.f1:.3f}", str(one.support))
    console = Console()
    console.print(f"{scores.n} pictures; limits of the accuracy are exact, the others bootstrapped over groups.")
    console.print(headline, classes)

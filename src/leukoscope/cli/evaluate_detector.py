"""`leukoscope evaluate` with a detector: what it found on marked pictures, class by class."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from leukoscope.errors import MissingExtraError

if TYPE_CHECKING:
    from leukoscope.bundles.archive import Bundle
    from leukoscope.data.manifest import Part
    from leukoscope.experiments.detection_evaluation import DetectorEvaluation


def detector_of(model: str) -> Bundle | None:
    """The bundle of that name, path or run, if it is a detector.

    Raises:
        NotFoundError: There is none.
    """
    from leukoscope.experiments.evaluation_run import find_model

    bundle, _ = find_model(model)
    return bundle if bundle.card.task == "detection" else None


def evaluate_and_tell(
    bundle: Bundle,
    data: Path,
    *,
    images: Path | None,
    part: Part | None,
    joined: Mapping[str, str],
    rounds: int,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Evaluate a detector, keep figures, page and check of the data where a folder is given, and print the figures."""
    from leukoscope.cli.train_detector import tell_scores
    from leukoscope.experiments.detection_evaluation import evaluate_detector
    from leukoscope.experiments.detection_report import keep_detection_report, sizes_text

    rounds = max(1, rounds)
    found = evaluate_detector(bundle, data, images=images, part=part, joined=joined, rounds=rounds, seed=seed)
    for warning in found.warnings:
        typer.secho(f"Warning: {warning}", err=True)
    typer.echo(sizes_text(found), err=True)
    text = json.dumps({**found.scores.to_json(), "warnings": list(found.warnings)}, indent=2)
    if out is not None:
        _keep_figures(found, text, out)
        try:
            page = keep_detection_report(
                found, bundle.card, out, data=data.stem, part=part or "", rounds=rounds, seed=seed
            )  # fmt: skip
        except MissingExtraError as fault:
            typer.echo(f"No report.html was written: {fault}", err=True)
        else:
            typer.echo(f"Report: {page}", err=True)
    if as_json:
        print(text)
    else:
        tell_scores(f"{bundle.card.name} on {data.stem}", found.scores)
    typer.echo(f"Check of the data: {found.verdict.verdict}", err=as_json)


def _keep_figures(found: DetectorEvaluation, text: str, out: Path) -> None:
    from leukoscope.experiments.data_verdict import keep_verdict

    out.mkdir(parents=True, exist_ok=True)
    (out / "metrics.json").write_text(text + "\n", encoding="utf-8")
    keep_verdict(found.verdict, out / "data_check.json")

"""`leukoscope evaluate` with a detector: what it found on marked pictures, class by class."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

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
    """Evaluate a detector, keep `metrics.json` and `data_check.json` where a folder is given, and print the figures."""
    from leukoscope.cli.train_detector import tell_scores
    from leukoscope.experiments.data_verdict import keep_verdict
    from leukoscope.experiments.detection_evaluation import evaluate_detector

    found = evaluate_detector(bundle, data, images=images, part=part, joined=joined, rounds=max(1, rounds), seed=seed)
    for warning in found.warnings:
        typer.secho(f"Warning: {warning}", err=True)
    typer.echo(_sizes(found), err=True)
    text = json.dumps({**found.scores.to_json(), "warnings": list(found.warnings)}, indent=2)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "metrics.json").write_text(text + "\n", encoding="utf-8")
        keep_verdict(found.verdict, out / "data_check.json")
    if as_json:
        print(text)
    else:
        tell_scores(f"{bundle.card.name} on {data.stem}", found.scores)
    typer.echo(f"Check of the data: {found.verdict.verdict}", err=as_json)


def _sizes(found: DetectorEvaluation) -> str:
    if found.sizes_unneeded:
        return "Pixel size: not needed, the model is shown whole pictures."
    return (
        f"Pixel size: given for {found.sizes_given} pictures, estimated from red cells for {found.sizes_estimated}, "
        f"unknown and taken as the detector's own for {found.sizes_unknown}."
    )

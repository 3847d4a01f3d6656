"""How good are predictions that another system wrote?  The file alone, or held against a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from leukoscope.data.manifest import Part
from leukoscope.evaluation.classification import USUAL, EvaluationSettings, evaluate_predictions
from leukoscope.experiments.bundle_answers import LabeledPictures
from leukoscope.experiments.evaluation_run import Evaluated, find_labels, verdict_on
from leukoscope.experiments.held_labels import contradictions, enriched
from leukoscope.experiments.predictions_csv import read_predictions
from leukoscope.experiments.split_use import LEAKY


def evaluate_file(
    predictions: Path,
    settings: EvaluationSettings = USUAL,
    *,
    validation: Path | None = None,
    data: Path | None = None,
    images: Path | None = None,
    part: Part | None = "test",
    joined: Mapping[str, str] | None = None,
) -> Evaluated:
    """Evaluate a file of predictions.

    Args:
        predictions: As `predictions_csv.read_predictions` reads it.
        settings: How to evaluate.
        validation: A file of the same model on its validation part, for thresholds.
        data: A manifest, or a folder with one folder per class, that the labels are held against; patients, groups,
            slides and sources come from it.
        images: Folder the paths of a manifest start from.
        part: Part of the manifest the predictions are of, None for all.
        joined: What labels are called among the classes of the file.

    Raises:
        DataError: A file cannot be used, or the part of the data is empty.
        InvalidValueError: The class looked for is not among the classes.
    """
    told = read_predictions(predictions, joined)
    watched = None if validation is None else read_predictions(validation, joined)
    pictures = None if data is None else _pictures(data, images, part, joined or {})
    doubts: tuple[str, ...] = ()
    if pictures is not None:
        leaky = (LEAKY,) if pictures.manifest is not None and pictures.manifest.leaky else ()
        doubts = (*contradictions(told, pictures), *leaky)
        told = enriched(told, pictures.manifest)
    evaluation = evaluate_predictions(told, settings, validation=watched)
    return Evaluated(
        title=predictions.name,
        predictions=told,
        settings=settings,
        evaluation=evaluation,
        warnings=(*evaluation.warnings, *doubts),
        data="" if pictures is None else _name(pictures),
        part="" if pictures is None else pictures.part,
        verdict=None if pictures is None else verdict_on(pictures),
        root=None if pictures is None else pictures.root,
        validation=watched,
    )


def _pictures(data: Path, images: Path | None, part: Part | None, joined: Mapping[str, str]) -> LabeledPictures:
    found = find_labels(data, images, part)
    named = tuple(replace(one, label=joined.get(one.label, one.label)) for one in found.entries)
    return replace(found, entries=named)


def _name(pictures: LabeledPictures) -> str:
    return pictures.root.resolve().name if pictures.manifest is None else pictures.manifest.name

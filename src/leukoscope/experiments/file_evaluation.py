"""How good are predictions that another system wrote?  The file alone, or held against a manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from leukoscope.data.manifest import Entry, Manifest, Part
from leukoscope.data.manifest_files import read_manifest
from leukoscope.data.pictures import entries_of_folder
from leukoscope.evaluation.classification import USUAL, EvaluationSettings, evaluate_predictions
from leukoscope.evaluation.predictions import Predictions
from leukoscope.evaluation.suspicions import contradicted_supports
from leukoscope.experiments.bundle_answers import LabeledPictures, columns_of
from leukoscope.experiments.evaluation_run import Evaluated, verdict_on
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
        DataError: A file cannot be used, or no picture of it is in the data.
        InvalidValueError: The class looked for is not among the classes.
    """
    told = read_predictions(predictions, joined)
    watched = None if validation is None else read_predictions(validation, joined)
    pictures = None if data is None else _pictures(data, images, part, joined or {})
    doubts: tuple[str, ...] = ()
    if pictures is not None:
        doubts = tuple(_contradictions(told, pictures))
        told = _enriched(told, pictures.manifest)
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
    if data.is_dir():
        entries, root, manifest = entries_of_folder(data), data, None
    else:
        manifest = read_manifest(data, images)
        entries = manifest.part(part) if part else manifest.with_columns(split="test").part("test")
        root = manifest.base
    named: tuple[Entry, ...] = tuple(replace(one, label=joined.get(one.label, one.label)) for one in entries)
    return LabeledPictures(named, root, manifest, "" if manifest is None else part or "")


def _contradictions(told: Predictions, pictures: LabeledPictures) -> Iterator[str]:
    """What the file and the data say differently."""
    labels = {one.name: one.label for one in pictures.entries}
    supports = Counter(told.classes[number] for number in told.targets.tolist())
    yield from contradicted_supports(supports, Counter(labels.values()))
    known = [place for place, path in enumerate(told.paths) if path in labels]
    if not known:
        yield "None of the pictures of the file has a path that the data know, so single labels were not compared."
        return
    if len(known) < len(told):
        yield f"{len(told) - len(known)} of {len(told)} pictures of the file are not in these data."
    if len(known) < len(labels):
        yield f"The file tells of {len(known)} of {len(labels)} pictures of these data; the rest may be the hard ones."
    others = [place for place in known if told.classes[int(told.targets[place])] != labels[told.paths[place]]]
    if others:
        first = others[0]
        yield (
            f"{len(others)} of {len(known)} labels of the file contradict the data: {told.paths[first]} is "
            f"{told.classes[int(told.targets[first])]} in the file and {labels[told.paths[first]]} in the data."
        )
    if pictures.manifest is not None and pictures.manifest.leaky:
        yield LEAKY


def _enriched(told: Predictions, manifest: Manifest | None) -> Predictions:
    """The predictions with the patients, groups, sources and slides of the manifest where the file names none."""
    if manifest is None:
        return told
    known = columns_of(manifest, told.paths)
    return replace(
        told,
        patients=told.patients or known.patients,
        groups=told.groups or known.groups,
        sources=told.sources or known.sources,
        slides=told.slides or known.slides,
    )


def _name(pictures: LabeledPictures) -> str:
    return pictures.root.resolve().name if pictures.manifest is None else pictures.manifest.name

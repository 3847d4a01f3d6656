"""Gathers what the page of an evaluation shows beside its figures: the worst errors with heat maps, training curves."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import read_card
from leukoscope.data.pictures import show_picture
from leukoscope.domain.images import Pixels
from leukoscope.errors import DataError, LeukoscopeError
from leukoscope.evaluation.predictions import Predictions
from leukoscope.experiments.data_verdict import keep_verdict
from leukoscope.experiments.evaluation_run import Evaluated
from leukoscope.imaging.drawing import overlay, shrink
from leukoscope.imaging.reading import read_image
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.explanation import normalized_map
from leukoscope.reporting.artist import data_uri
from leukoscope.reporting.evaluation_report.content import ErrorPicture, EvaluationPage, TrainingTold
from leukoscope.reporting.evaluation_report.evaluation_page import write_evaluation_page
from leukoscope.reporting.figures.curves import read_curves

MOST_ERRORS, MOST_LEFT_OPEN = 24, 8
"""Errors shown with pictures; all are in predictions.csv."""
SIDE = 224
_QUALITY = 82


def keep_report(found: Evaluated, folder: Path) -> Path:
    """Write `report.html`, and `data_check.json` where the data were checked.

    Returns:
        The page.

    Raises:
        MissingExtraError: The extra `data`, which draws figures, is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if found.verdict is not None:
        keep_verdict(found.verdict, folder / "data_check.json")
    return write_evaluation_page(page_of(found), folder)


def page_of(found: Evaluated) -> EvaluationPage:
    """What the page of an evaluation tells."""
    given, left_open = worst_errors(found.predictions, found.settings.uncertain_below)
    return EvaluationPage(
        title=found.title,
        data=found.data,
        part=found.part,
        predictions=found.predictions,
        settings=found.settings,
        evaluation=found.evaluation,
        warnings=found.warnings,
        verdict=found.verdict,
        card=None if found.bundle is None else found.bundle.card,
        quality=found.quality,
        errors=tuple(_pictures(found, given[:MOST_ERRORS])),
        left_open=tuple(_pictures(found, left_open[:MOST_LEFT_OPEN])),
        training=None if found.run is None else training_of(found.run),
        not_read=tuple((one.path, one.why) for one in found.not_read),
        other_classes=found.other_classes,
        thresholds_from="" if found.validation is None else f"{len(found.validation)} validation pictures",
    )


def worst_errors(predictions: Predictions, uncertain_below: float) -> tuple[list[int], list[int]]:
    """Places of wrong answers, the surest first: those that were given, and those that were left open."""
    wrong = np.flatnonzero(~predictions.correct)
    ordered = wrong[np.argsort(-predictions.confidence[wrong], kind="stable")]
    given = predictions.answered[ordered] & (predictions.confidence[ordered] >= uncertain_below)
    return ordered[given].tolist(), ordered[~given].tolist()


def training_of(run: Path) -> TrainingTold | None:
    """How the training in a run folder went; None where the folder does not tell."""
    table, recipe_file = run / "curves" / "metrics.csv", run / "recipe.json"
    try:
        recipe = json.loads(recipe_file.read_text(encoding="utf-8"))
        card = _training_card(run)
        return TrainingTold(read_curves(table), card[0], card[1], _kept(table, recipe), str(recipe["name"]))
    except (OSError, ValueError, KeyError, DataError):
        return None


def _training_card(run: Path) -> tuple[int, int]:
    training = read_card(run / "bundle").training
    if training is None:
        raise KeyError("training")
    return training.images_train, training.images_validation


def _kept(table: Path, recipe: dict[str, dict[str, object]]) -> int | None:
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    if not rows:
        return None
    if recipe["training"].get("keep") == "last":
        return int(float(rows[-1]["epoch"]))
    scores = [float(row["validation_score"]) for row in rows]
    best = max(range(len(rows)), key=lambda place: -math.inf if math.isnan(scores[place]) else scores[place])
    return int(float(rows[best]["epoch"]))


def _pictures(found: Evaluated, places: list[int]) -> Iterator[ErrorPicture]:
    bundle = found.bundle if places else None
    classifier = None if bundle is None or bundle.card.task != "classification" else Classifier(bundle)
    predictions = found.predictions
    for place in places:
        truth, said = int(predictions.targets[place]), int(predictions.predicted[place])
        name = "" if predictions.undecided[place] else predictions.classes[said]
        picture, heat, missing = _seen(found, classifier if name else None, place, said)
        yield ErrorPicture(
            path=predictions.paths[place],
            truth=predictions.classes[truth],
            said=name,
            confidence=float(predictions.confidence[place]),
            of_truth=float(np.nan_to_num(predictions.probabilities[place, truth])),
            picture=picture,
            heat=heat,
            missing=missing,
            about=_about(found, place),
        )


def _seen(found: Evaluated, classifier: Classifier | None, place: int, said: int) -> tuple[str, str, str]:
    """The picture and its heat map as data URIs, or why there is none."""
    if found.root is None:
        return "", "", "The file is not at hand."
    try:
        pixels = read_image(found.root / found.predictions.paths[place]).pixels
        if classifier is None:
            return data_uri(shrink(pixels, SIDE), _QUALITY), "", ""
        view = classifier.card.input
        shown = show_picture(pixels, view.width, view.margin_on_black)
        heat = _heat(classifier, shown, said)
    except LeukoscopeError as fault:
        return "", "", fault.message
    small = shrink(shown, SIDE)
    return data_uri(small, _QUALITY), "" if heat is None else data_uri(overlay(small, heat), _QUALITY), ""


def _heat(classifier: Classifier, shown: Pixels, said: int) -> NDArray[np.float32] | None:
    activation = classifier.predict(shown[None]).activation_map
    return None if activation is None else normalized_map(activation[0, said])


def _about(found: Evaluated, place: int) -> str:
    predictions = found.predictions
    known = (("patient", predictions.patients), ("slide", predictions.slides), ("source", predictions.sources))
    told = [f"{what} {names[place]}" for what, names in known if names and names[place]]
    warned = found.quality[place].warnings if found.quality else ()
    return " \N{MIDDLE DOT} ".join([*told, *warned])

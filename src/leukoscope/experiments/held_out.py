"""Asks a bundle, the way users ask it, about pictures nobody chose anything on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leukoscope.bundles.card import NoveltyCard, RobustnessCard
from leukoscope.data.pictures import PictureSet
from leukoscope.domain.images import Pixels
from leukoscope.errors import BundleMismatchError
from leukoscope.evaluation.intervals import clopper_pearson
from leukoscope.evaluation.predictions import Predictions
from leukoscope.evaluation.thresholds import acceptance
from leukoscope.experiments.changes import Change, paint_corner, scale_saturation, shift_brightness, turn_hue
from leukoscope.imaging.preprocessing import resize, show_cell
from leukoscope.imaging.reading import find_images, read_image
from leukoscope.imaging.segmentation import find_cells
from leukoscope.inference.classifier import Classifier, ClassifierOutput
from leukoscope.inference.novelty import novelty_distance
from leukoscope.modeling.recipes import RobustnessPart


@dataclass(frozen=True, slots=True)
class Inside:
    """Of `n` pictures of a set, `count` lie within a novelty limit."""

    pictures: str
    count: int
    n: int


def judge(classifier: Classifier, pictures: PictureSet) -> Predictions:
    """What the bundle says of labeled pictures."""
    return beside_truth(classifier, classifier.predict(pictures.images), pictures)


def beside_truth(classifier: Classifier, output: ClassifierOutput, pictures: PictureSet) -> Predictions:
    """What a graph gave for labeled pictures as predictions, which know what each picture is called by them."""
    return Predictions(
        tuple(label.name for label in classifier.card.labels),
        pictures.targets,
        output.probabilities.astype(np.float64),
        tuple(f"picture {number}" for number in range(len(pictures.targets))),
        groups=pictures.groups,
    )


def within_limit(classifier: Classifier, novelty: NoveltyCard, name: str, images: Pixels) -> Inside:
    """How many of these pictures lie within the novelty limit."""
    embedding = classifier.predict(images).embedding
    if embedding is None:
        raise BundleMismatchError(f"{classifier.card.name} has no embedding.", hint="Use a bundle made by a recipe.")
    return Inside(name, int((novelty_distance(embedding, novelty) <= novelty.limit).sum()), len(images))


def foreign_pictures(folder: Path, side: int) -> Pixels:
    """All pictures below a folder, whole and resized, uint8, shape (n, side, side, 3)."""
    return np.stack([resize(read_image(path).pixels, side, side) for _, path in find_images([folder])])


def foreign_cells(folder: Path, classifier: Classifier) -> Pixels:
    """All cells the finder cuts out of the pictures below a folder, as `analyze` shows them to a cell model."""
    view = classifier.card.input.view
    cells: list[Pixels] = []
    for _, path in find_images([folder]):
        pixels = read_image(path).pixels
        cells += [show_cell(pixels, cell.box, cell.outline, view)[0] for cell in find_cells(pixels).cells]
    return np.stack(cells)


def measure_changes(
    classifier: Classifier, pictures: PictureSet, how: RobustnessPart, uncertain_below: float
) -> Iterator[RobustnessCard]:
    """Accuracy after each change of the pictures, one change at a time."""
    for name, change in _changes(how):
        images = change(pictures.images)
        judged = judge(classifier, PictureSet(images, pictures.targets, pictures.groups))
        right = int(judged.correct.sum())
        accepted = acceptance(judged.confidence, judged.correct, uncertain_below)
        low, high = clopper_pearson(right, len(judged))
        yield RobustnessCard(
            change=name,
            accuracy=round(right / len(judged), 4),
            accuracy_ci95=(round(low, 4), round(high, 4)),
            accepted_share=round(accepted.share, 4),
            accepted_accuracy=round(accepted.accuracy, 4),
        )


def _changes(how: RobustnessPart) -> Sequence[tuple[str, Change]]:
    low, high = how.saturation
    changes: list[tuple[str, Change]] = [
        (f"hue turned by +{how.hue_degrees:g} degrees", turn_hue(how.hue_degrees)),
        (f"hue turned by -{how.hue_degrees:g} degrees", turn_hue(-how.hue_degrees)),
        (f"saturation times {low:g}", scale_saturation(low)),
        (f"saturation times {high:g}", scale_saturation(high)),
        (f"brightness +{how.brightness:g} of full scale", shift_brightness(how.brightness)),
        (f"brightness -{how.brightness:g} of full scale", shift_brightness(-how.brightness)),
    ]
    if how.paint_from is not None:
        rows, columns = how.paint_from
        paints = (("median color", None), ("white", (255, 255, 255)), ("black", (0, 0, 0)))
        changes += [
            (f"scale-bar corner painted over ({name})", paint_corner(rows, columns, color)) for name, color in paints
        ]
    return changes

"""Turns what a graph says into predictions: label, score, doubt, novelty, heat map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from leukoscope.domain.findings import Prediction
from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box
from leukoscope.imaging.preprocessing import cut, resize, square_window
from leukoscope.inference.classifier import BATCH, Classifier, ClassifierOutput
from leukoscope.inference.explanation import normalized_map
from leukoscope.inference.novelty import novelty_distance


def name_cells(classifier: Classifier, pixels: Pixels, boxes: Sequence[Box]) -> list[Prediction]:
    """Name each cell of a picture.

    Args:
        classifier: A model of level "cell".
        pixels: The picture.
        boxes: Cells in pixels, any number.

    Returns:
        One prediction a box, in order.
    """
    height, width = pixels.shape[:2]
    windows = [square_window(box, classifier.card.input.crop_margin, width, height) for box in boxes]
    named: list[Prediction] = []
    for start in range(0, len(windows), BATCH):
        named += _predict(classifier, pixels, windows[start : start + BATCH])
    return named


def name_picture(classifier: Classifier, pixels: Pixels) -> Prediction:
    """Classify a whole picture with a model of level "image"."""
    height, width = pixels.shape[:2]
    return _predict(classifier, pixels, [Box(0, 0, width, height)])[0]


def _predict(classifier: Classifier, pixels: Pixels, windows: Sequence[Box]) -> list[Prediction]:
    size = classifier.card.input
    crops = np.stack([resize(cut(pixels, window), size.width, size.height) for window in windows])
    return list(_predictions(classifier, classifier.predict(crops), windows))


def _predictions(classifier: Classifier, output: ClassifierOutput, windows: Sequence[Box]) -> Iterator[Prediction]:
    card = classifier.card
    names = [label.name for label in card.labels]
    distances = None
    if card.novelty is not None and output.embedding is not None:
        distances = novelty_distance(output.embedding, card.novelty)
    for row, window in enumerate(windows):
        probabilities = output.probabilities[row]
        best = int(probabilities.argmax())
        score = float(probabilities[best])
        novel = None if distances is None or card.novelty is None else bool(distances[row] > card.novelty.limit)
        heat = None if output.activation_map is None else normalized_map(output.activation_map[row, best])
        yield Prediction(
            model=card.name,
            label=names[best],
            score=score,
            probabilities=dict(zip(names, map(float, probabilities), strict=True)),
            uncertain=bool(novel) or score < card.decision.uncertain_below,
            novel=novel,
            window=window,
            activation=heat,
        )

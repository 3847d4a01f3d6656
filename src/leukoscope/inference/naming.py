"""Turns what a graph says into predictions: label, score, doubt, novelty, heat map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from leukoscope.domain.findings import Prediction
from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box, Outline
from leukoscope.imaging.preprocessing import resize, show_cell
from leukoscope.inference.classifier import BATCH, Classifier, ClassifierOutput
from leukoscope.inference.explanation import normalized_map
from leukoscope.inference.novelty import novelty_distance


class Located(Protocol):
    """A cell that was found."""

    @property
    def box(self) -> Box:
        """The whole cell, in pixels."""
        ...

    @property
    def outline(self) -> Outline | None:
        """Its border; None where only the box is known."""
        ...


def name_cells(classifier: Classifier, pixels: Pixels, cells: Sequence[Located]) -> list[Prediction]:
    """Name each cell of a picture.

    Args:
        classifier: A model of level "cell".
        pixels: The picture.
        cells: Where the cells are, any number.

    Returns:
        One prediction a cell, in order.
    """
    view = classifier.card.input.view
    named: list[Prediction] = []
    for start in range(0, len(cells), BATCH):
        shown = [show_cell(pixels, cell.box, cell.outline, view) for cell in cells[start : start + BATCH]]
        output = classifier.predict(np.stack([crop for crop, _ in shown]))
        named += _predictions(classifier, output, [window for _, window in shown])
    return named


def name_picture(classifier: Classifier, pixels: Pixels) -> Prediction:
    """Classify a whole picture with a model of level "image"."""
    height, width = pixels.shape[:2]
    size = classifier.card.input
    output = classifier.predict(resize(pixels, size.width, size.height)[None])
    return next(_predictions(classifier, output, [Box(0, 0, width, height)]))


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

"""Turns what a graph says into predictions: label, score, doubt, novelty, heat map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from leukoscope.domain.findings import Prediction
from leukoscope.domain.images import Pixels, PixelSize
from leukoscope.domain.regions import Box, Outline
from leukoscope.imaging.preprocessing import resize, show_cell, square_window
from leukoscope.inference.classifier import BATCH, Classifier, ClassifierOutput
from leukoscope.inference.explanation import normalized_map
from leukoscope.inference.measured_classifier import MeasuredClassifier
from leukoscope.inference.novelty import is_novel


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


CellModel = Classifier | MeasuredClassifier
"""Whatever names cells: from what they look like, or from what was measured on them."""


def name_cells(
    model: CellModel, pixels: Pixels, cells: Sequence[Located], pixel_size: PixelSize | None = None
) -> list[Prediction | None]:
    """Name each cell of a picture.

    Args:
        model: A model of level "cell".
        pixels: The picture.
        cells: Where the cells are, any number.
        pixel_size: Size of the picture's pixels, for models that measure.

    Returns:
        One prediction a cell, in order; None for a cell that could not be measured, by a model that measures.
    """
    if isinstance(model, MeasuredClassifier):
        return list(_name_measured(model, pixels, cells, pixel_size))
    view = model.card.input.view
    named: list[Prediction | None] = []
    for start in range(0, len(cells), BATCH):
        shown = [show_cell(pixels, cell.box, cell.outline, view) for cell in cells[start : start + BATCH]]
        output = model.predict(np.stack([crop for crop, _ in shown]))
        named += _predictions(model, output, [window for _, window in shown])
    return named


def _name_measured(
    model: MeasuredClassifier, pixels: Pixels, cells: Sequence[Located], pixel_size: PixelSize | None
) -> Iterator[Prediction | None]:
    if not cells:
        return
    card, names = model.card, [label.name for label in model.card.labels]
    boxes = [cell.box for cell in cells]
    output = model.predict(model.measure(pixels, boxes, [cell.outline for cell in cells], pixel_size))
    said = zip(boxes, output.probabilities, output.novel, output.measured, strict=True)
    for box, probabilities, novel, measured in said:
        if not measured:
            yield None  # every class would be as probable, and the first one no better than the rest
            continue
        best = int(probabilities.argmax())
        score = float(probabilities[best])
        yield Prediction(
            model=card.name,
            label=names[best],
            score=score,
            probabilities=dict(zip(names, map(float, probabilities), strict=True)),
            uncertain=bool(novel) or score < card.decision.uncertain_below,
            novel=bool(novel),
            window=square_window(box, 1.25, pixels.shape[1], pixels.shape[0]),
        )


def name_picture(classifier: Classifier, pixels: Pixels) -> Prediction:
    """Classify a whole picture with a model of level "image"."""
    height, width = pixels.shape[:2]
    size = classifier.card.input
    output = classifier.predict(resize(pixels, size.width, size.height)[None])
    return next(_predictions(classifier, output, [Box(0, 0, width, height)]))


def _predictions(classifier: Classifier, output: ClassifierOutput, windows: Sequence[Box]) -> Iterator[Prediction]:
    card = classifier.card
    names = [label.name for label in card.labels]
    unlike = None
    if card.novelty is not None and output.embedding is not None:
        unlike = is_novel(output.embedding, card.novelty)
    for row, window in enumerate(windows):
        probabilities = output.probabilities[row]
        best = int(probabilities.argmax())
        score = float(probabilities[best])
        novel = None if unlike is None else bool(unlike[row])
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

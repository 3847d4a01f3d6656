"""An analyzer whose findings follow from the picture's color; no network, no segmentation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from leukoscope.bundles.card import Card
from leukoscope.domain.findings import CellFinding, FieldCounts, ImageFinding, ModelRef, Prediction
from leukoscope.domain.images import ImageQuality, PixelSize, SmearImage
from leukoscope.domain.regions import Box, Outline

SCORES = {"red": (0.97, False, False), "green": (0.62, True, False), "blue": (0.55, True, True)}


class ColorAnalyzer:
    """Finds three cells in every picture: one plain, one uncertain, one novel."""

    def __init__(self, card: Card, before: Callable[[SmearImage], None] = lambda image: None) -> None:
        self.cards: Sequence[Card] = [card]
        self.refs: Sequence[ModelRef] = [ModelRef(card.name, card.version, card.onnx_sha256)]
        self._before = before

    def analyze(self, image: SmearImage) -> ImageFinding:
        self._before(image)
        cells = tuple(self._cell(image, number, label) for number, label in enumerate(SCORES, 1))
        return ImageFinding(
            width=image.width,
            height=image.height,
            sha256=image.sha256,
            kind="field",
            pixel_size=PixelSize(0.12, "estimated"),
            quality=ImageQuality(0.8, 230, 0.0, 0.05, 0.4, ("The picture is a little blurred.",)),
            counts=FieldCounts(len(cells), None, None),
            cells=cells,
            classification=None,
            classification_note="No field model was asked.",
            warnings=image.warnings,
        )

    def _cell(self, image: SmearImage, number: int, label: str) -> CellFinding:
        score, uncertain, novel = SCORES[label]
        side = min(image.width, image.height) // 4
        left, top = (number - 1) * side, side
        box = Box(left, top, left + side, top + side)
        others = [name for name in SCORES if name != label]
        prediction = Prediction(
            model=self.cards[0].name,
            label=label,
            score=score,
            probabilities={label: score, others[0]: (1 - score) * 0.7, others[1]: (1 - score) * 0.3},
            uncertain=uncertain,
            novel=novel,
            window=box,
            activation=np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4),
        )
        x0, y0, x1, y1 = box.as_list()
        outline = Outline(((x0, y0), (x1, y0), (x1, y1), (x0, y1)))
        return CellFinding(number, box, outline, prediction, {"area_um2": 88.2, "roundness": 0.93})

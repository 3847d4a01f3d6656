"""Classifies a whole field, and keeps silent where the field is not of the kind the model knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from leukoscope.bundles.card import Card
from leukoscope.domain.findings import ModelRef, Prediction
from leukoscope.domain.images import ImageKind, Pixels
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.naming import name_picture


@dataclass(frozen=True, slots=True)
class StageVerdict:
    """A classification, or None with the reason; the note says how to read either."""

    prediction: Prediction | None
    note: str


class StageJudge:
    """Asks a model of level "image" about a field.

    Args:
        card: The model's card.
        ref: Which model it is.
        load: Makes the classifier; called once, when the first field is asked about.
        automatic: The user did not choose this model, so it speaks only of fields within its novelty limit.
    """

    def __init__(self, card: Card, ref: ModelRef, load: Callable[[], Classifier], *, automatic: bool) -> None:
        self.card = card
        self.ref = ref
        self._load = load
        self._automatic = automatic
        self._classifier: Classifier | None = None

    def judge(self, pixels: Pixels, kind: ImageKind) -> StageVerdict:
        """Classify one picture, or say why not."""
        if self._automatic and kind == "cell":
            return StageVerdict(None, f"{self.card.name} reads fields of many cells; this picture shows one cell.")
        if self._automatic and self.card.novelty is None:
            return StageVerdict(None, f"{self.card.name} cannot tell foreign pictures apart; choose it to ask it.")
        if self._classifier is None:
            self._classifier = self._load()
        prediction = name_picture(self._classifier, pixels)
        if prediction.novel and self._automatic:
            return StageVerdict(None, f"This picture differs from all that {self.card.name} was trained on.")
        return StageVerdict(prediction, self._reading(prediction))

    def _reading(self, prediction: Prediction) -> str:
        title = next(label.title for label in self.card.labels if label.name == prediction.label)
        sentence = (self.card.resembles or "resembles pictures labeled {title}").replace("{title}", title)
        if prediction.novel:
            return (
                f"{sentence}, but this picture differs from all that {self.card.name} was trained on: do not rely on it"
            )
        return f"{sentence}, with a score too low to rely on" if prediction.uncertain else sentence

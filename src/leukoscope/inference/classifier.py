"""Runs the graph of a classification bundle: uint8 pictures in, probabilities, embedding and map out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import Bundle
from leukoscope.bundles.card import Card
from leukoscope.domain.findings import ModelRef
from leukoscope.domain.images import Pixels
from leukoscope.errors import BundleMismatchError, InvalidValueError
from leukoscope.inference.novelty import demand_embedding
from leukoscope.inference.session import Session

Floats = NDArray[np.float32]

BATCH = 16
"""Pictures per run: large enough to keep the cores busy, small enough to keep memory flat."""

_OUTPUTS = ("probabilities", "embedding", "activation_map")


@dataclass(frozen=True, slots=True, eq=False)
class ClassifierOutput:
    """What the graph says of n pictures.

    Attributes:
        probabilities: Calibrated, shape (n, classes), rows sum to 1.
        embedding: Whitened, shape (n, dimensions); None if the graph has none.
        activation_map: Logit per place, shape (n, classes, rows, columns); None if the graph has none.
    """

    probabilities: Floats
    embedding: Floats | None
    activation_map: Floats | None


class Classifier:
    """A classification bundle, ready to run on the CPU.

    Args:
        bundle: The bundle.
        threads: Cores to use; all of them by default.

    Raises:
        BundleMismatchError: The bundle is for another task.
        InvalidBundleError: ONNX Runtime refuses the graph, or it lacks `images` or `probabilities`.
    """

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        if bundle.card.task != "classification":
            raise BundleMismatchError(
                f"{bundle.card.name} is for {bundle.card.task}, not for classification.",
                hint="Choose a classification model.",
            )
        self._session = Session(bundle, ("probabilities",), threads=threads)
        self._outputs = [name for name in _OUTPUTS if name in self._session.outputs]
        self.card: Card = bundle.card
        self.ref: ModelRef = bundle.ref

    def predict(self, images: Pixels) -> ClassifierOutput:
        """Classify pictures that already have the input size.

        Args:
            images: uint8, shape (n, height, width, 3), n at least 1.

        Raises:
            InvalidValueError: The shape or type is not what the card says.
            BundleMismatchError: The graph fails on this input, or gives no valid probabilities or embedding.
        """
        expected = (self.card.input.height, self.card.input.width, 3)
        if images.dtype != np.uint8 or images.shape[1:] != expected or not len(images):
            raise InvalidValueError(f"{self.card.name} takes uint8 (n, {expected}), got {images.dtype} {images.shape}.")
        runs = list(self._runs(images))
        columns = {name: np.concatenate([run[place] for run in runs]) for place, name in enumerate(self._outputs)}
        probabilities = columns["probabilities"]
        if probabilities.shape != (len(images), len(self.card.labels)) or not np.isfinite(probabilities).all():
            raise BundleMismatchError(
                f"{self.card.name} gave {probabilities.shape} probabilities for {len(self.card.labels)} classes, "
                "or values that are no numbers.",
                hint="Run `leukoscope model verify` on the bundle.",
            )
        embedding = columns.get("embedding")
        if embedding is not None:
            demand_embedding(embedding, len(images), self.card)
        return ClassifierOutput(probabilities, embedding, columns.get("activation_map"))

    def _runs(self, images: Pixels) -> Iterator[list[Any]]:
        for start in range(0, len(images), BATCH):
            yield self._session.run(self._outputs, images[start : start + BATCH])

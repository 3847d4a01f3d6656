"""Runs the graph of a classification bundle: uint8 pictures in, probabilities, embedding and map out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import Bundle
from leukoscope.bundles.card import Card
from leukoscope.domain.findings import ModelRef
from leukoscope.domain.images import Pixels
from leukoscope.errors import BundleMismatchError, InvalidBundleError, InvalidValueError

# From 1.31 ONNX Runtime reports its use by default, and writes a device id as soon as it is imported; a program that
# reads patients' pictures does neither, so this must stand before the import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime as ort

Floats = NDArray[np.float32]

BATCH = 32
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
        InvalidBundleError: ONNX Runtime refuses the graph, or it lacks `images` or `probabilities`.
    """

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads or os.cpu_count() or 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # Idle workers must not spin: reading and segmentation of the next picture need the cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(bundle.model, options, providers=["CPUExecutionProvider"])
        except Exception as fault:  # onnxruntime raises a dozen unrelated classes
            raise InvalidBundleError(
                f"The graph of {bundle.card.name!r} cannot be loaded.", hint="Export the bundle again."
            ) from fault
        present = [output.name for output in self._session.get_outputs()]
        if "probabilities" not in present or [one.name for one in self._session.get_inputs()] != ["images"]:
            raise InvalidBundleError(
                f"The graph of {bundle.card.name!r} needs the input 'images' and the output 'probabilities'.",
                hint="Export the bundle again.",
            )
        self._outputs = [name for name in _OUTPUTS if name in present]
        self.card: Card = bundle.card
        self.ref: ModelRef = bundle.ref

    def predict(self, images: Pixels) -> ClassifierOutput:
        """Classify pictures that already have the input size.

        Args:
            images: uint8, shape (n, height, width, 3), n at least 1.

        Raises:
            InvalidValueError: The shape or type is not what the card says.
            BundleMismatchError: The graph fails on this input, or gives no valid probabilities.
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
        return ClassifierOutput(probabilities, columns.get("embedding"), columns.get("activation_map"))

    def _runs(self, images: Pixels) -> Iterator[list[Any]]:
        for start in range(0, len(images), BATCH):
            try:
                yield self._session.run(self._outputs, {"images": images[start : start + BATCH]})
            except Exception as fault:  # onnxruntime raises a dozen unrelated classes
                raise BundleMismatchError(
                    f"The graph of {self.card.name!r} fails on its input.",
                    hint="Run `leukoscope model verify` on the bundle.",
                ) from fault

"""Does a bundle still say what its trainer saw?  Golden samples through ONNX Runtime."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import Bundle
from leukoscope.errors import InvalidBundleError
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.detector import Detector
from leukoscope.inference.measured_classifier import measure_picture, open_measured
from leukoscope.inference.segmenter import Segmenter

TOLERANCE = 1e-4
"""Largest relative difference at which two runtimes count as agreeing."""

INT8_TOLERANCE = 0.05
"""The same for graphs in 8 bits, where a rounding the other way moves a value by a whole step; reckoning the same graph
with 32-bit numbers moved probabilities by up to 0.014 and embeddings by 0.042 (1,131 cells)."""


@dataclass(frozen=True, slots=True)
class Verification:
    """How far a bundle's graph is from its golden samples.

    Attributes:
        samples: Golden samples compared.
        largest_difference: By output name: the largest absolute difference over the output's largest magnitude
            (but at least 1).
        tolerance: Up to which difference both count as agreeing.
    """

    samples: int
    largest_difference: dict[str, float]
    tolerance: float = TOLERANCE

    @property
    def agrees(self) -> bool:
        """Whether every output is within the tolerance."""
        return all(difference <= self.tolerance for difference in self.largest_difference.values())


def verify_bundle(bundle: Bundle) -> Verification:
    """Run the golden samples and compare.

    Raises:
        InvalidBundleError: The bundle has no golden samples, or its graph lacks an output they expect.
    """
    if bundle.card.task == "detection":
        return _verify_boxes(bundle)
    if bundle.card.task == "measurements":
        return _verify_columns(bundle)
    if bundle.card.task == "segmentation":
        return _verify_masks(bundle)
    golden = bundle.golden()
    output = Classifier(bundle).predict(golden.images)
    differences: dict[str, float] = {}
    for name in ("probabilities", "embedding", "activation_map"):  # imported graphs have only the first
        expected, got = getattr(golden, name), getattr(output, name)
        if expected is None:
            continue
        if got is None or got.shape != expected.shape:
            raise InvalidBundleError(f"The graph gives no {name} of shape {expected.shape}.", hint="Export it again.")
        differences[name] = float(np.abs(got - expected).max() / max(1.0, float(np.abs(expected).max())))
    return Verification(len(golden.images), differences, INT8_TOLERANCE if bundle.card.quantization else TOLERANCE)


def _verify_boxes(bundle: Bundle) -> Verification:
    """The same for a detector.

    Class numbers are compared where a score says that anything is there; elsewhere the most probable class is left to
    the last digit.
    """
    golden = bundle.golden_boxes()
    raw = Detector(bundle).raw(golden.images)
    differences = {}
    for name in ("boxes", "scores"):
        expected, got = getattr(golden, name), getattr(raw, name)
        if got.shape != expected.shape:
            raise InvalidBundleError(f"The graph gives no {name} of shape {expected.shape}.", hint="Export it again.")
        differences[name] = float(np.abs(got - expected).max() / max(1.0, float(np.abs(expected).max())))
    there = golden.scores >= bundle.card.decision.uncertain_below / 2
    differences["labels"] = float((raw.labels != golden.labels)[there].any())
    return Verification(len(golden.images), differences)


def _verify_masks(bundle: Bundle) -> Verification:
    """The same for a segmenter."""
    golden = bundle.golden_masks()
    got = Segmenter(bundle).maps(golden.images)
    return Verification(len(golden.images), {"masks": float(np.abs(got - golden.masks).max())})


def _verify_columns(bundle: Bundle) -> Verification:
    """The same for a classifier of measurements: the drawn cells are measured again, too.

    A measurement is compared relative to its own size on each cell (but at least 1), so that areas count like shares.
    """
    golden, model = bundle.golden_columns(), open_measured(bundle)
    if golden.columns.shape[1] != model.part.width:
        raise InvalidBundleError("golden.npz holds other columns than the card.", hint="Export it again.")
    probabilities, embedding = model.run(golden.columns)
    differences = {}
    for name, expected, got in (
        ("probabilities", golden.probabilities, probabilities),
        ("embedding", golden.embedding, embedding),
    ):
        if got.shape != expected.shape:
            raise InvalidBundleError(f"The graph gives no {name} of shape {expected.shape}.", hint="Export it again.")
        differences[name] = float(np.abs(got - expected).max() / max(1.0, float(np.abs(expected).max())))
    again = np.concatenate([measure_picture(model, image).columns for image in golden.images])
    differences["columns"] = _farthest(again, golden.columns)
    return Verification(len(golden.images), differences)


def _farthest(got: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """Largest difference of two tables, relative to the size of each value, at least 1; one where only one has it."""
    if not np.array_equal(np.isnan(got), np.isnan(expected)):
        return 1.0
    apart = np.abs(got - expected) / np.maximum(1.0, np.abs(expected))
    return float(np.nanmax(apart)) if np.isfinite(apart).any() else 0.0

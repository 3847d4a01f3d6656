"""Does a bundle still say what its trainer saw?  Golden samples through ONNX Runtime."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leukoscope.bundles.archive import Bundle
from leukoscope.errors import InvalidBundleError
from leukoscope.inference.classifier import Classifier

TOLERANCE = 1e-4
"""Largest relative difference at which two runtimes count as agreeing."""


@dataclass(frozen=True, slots=True)
class Verification:
    """How far a bundle's graph is from its golden samples.

    Attributes:
        samples: Golden samples compared.
        largest_difference: By output name: the largest absolute difference over the output's largest magnitude
            (but at least 1).
    """

    samples: int
    largest_difference: dict[str, float]

    @property
    def agrees(self) -> bool:
        """Whether every output is within `TOLERANCE`."""
        return all(difference <= TOLERANCE for difference in self.largest_difference.values())


def verify_bundle(bundle: Bundle) -> Verification:
    """Run the golden samples and compare.

    Raises:
        InvalidBundleError: The bundle has no golden samples, or its graph lacks an output they expect.
    """
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
    return Verification(len(golden.images), differences)

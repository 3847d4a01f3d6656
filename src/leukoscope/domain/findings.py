"""What was found: cells, what they are called, and what that adds up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import ImageKind, ImageQuality, PixelSize
from leukoscope.domain.regions import Box, Outline


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which model spoke: its name, version and the SHA-256 of its `model.onnx`."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a model says of one cell or one picture.

    Attributes:
        model: Name of the model.
        label: Most probable class.
        score: Its calibrated probability, in [0, 1].
        probabilities: Every class with its probability; they sum to 1.
        uncertain: The score lies below the model's threshold, or the input is novel.
        novel: The input lies outside what the model was trained on (None: the model cannot tell).
        activation: Class-activation map of `label`, shape (rows, columns), float32 in [0, 1], over `window`; None if
            the model has none.
        window: The square of the picture the model looked at, in pixels; it may reach past the edge.
    """

    model: str
    label: str
    score: float
    probabilities: Mapping[str, float]
    uncertain: bool
    novel: bool | None
    window: Box
    activation: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CellFinding:
    """One nucleated cell.

    Attributes:
        id: Number within its picture, from 1, as drawn on the picture.
        box: The cell (nucleus and cytoplasm), in pixels.
        outline: The cell's border, in pixels.
        prediction: What the model calls it; None when no cell model was asked.
        features: Measured values by name; the unit is in the name (`area_px`, `diameter_um`).
    """

    id: int
    box: Box
    outline: Outline
    prediction: Prediction | None
    features: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class FieldCounts:
    """Cells counted in a field; None for a kind that was not counted."""

    wbc: int | None
    rbc: int | None
    platelet: int | None


@dataclass(frozen=True, slots=True, eq=False)
class ImageFinding:
    """Everything found in one picture.

    `classification_note` says why there is no `classification`, or how to read it.
    """

    width: int
    height: int
    sha256: str
    kind: ImageKind
    pixel_size: PixelSize | None
    quality: ImageQuality
    counts: FieldCounts | None
    cells: tuple[CellFinding, ...]
    classification: Prediction | None
    classification_note: str
    warnings: tuple[str, ...]
    finder: str = "classical"
    elapsed_ms: Mapping[str, float] = field(default_factory=dict)

"""What was found: cells, what they are called, and what that adds up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import ImageKind, ImageQuality, PixelSize
from leukoscope.domain.morphology import Morphology
from leukoscope.domain.regions import Box, Outline

FEWEST_RED_CELLS = 10
"""Red cells below which no ratio to them is told."""


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
        nucleus_outlines: Borders of the lobes of the nucleus that do not touch, in pixels; empty where none was drawn.
        morphology: What the measurements mean.
        nucleus_holes: Borders of holes in the lobes of the nucleus, in pixels.
    """

    id: int
    box: Box
    outline: Outline
    prediction: Prediction | None
    features: Mapping[str, float]
    nucleus_outlines: tuple[Outline, ...] = ()
    morphology: Morphology = field(default_factory=Morphology)
    nucleus_holes: tuple[Outline, ...] = ()


@dataclass(frozen=True, slots=True)
class CutCounts:
    """How many cells of each kind the edge of the picture cuts."""

    wbc: int
    rbc: int
    platelet: int


@dataclass(frozen=True, slots=True)
class FieldCounts:
    """Cells counted in a field, those that its edge cuts included; None for a kind that was not counted.

    Attributes:
        wbc: Leukocytes.
        rbc: Red cells.
        platelet: Platelets; a clump counts as one.
        cut: How many of them the edge cuts; None where only leukocytes were counted.
        rbc_overlapping: Red cells whose box another one's overlaps: there the count is least sure.

    Example:
        >>> FieldCounts(2, 31, 4, CutCounts(1, 3, 0), 12).wbc_to_rbc
        0.05084745762711865
    """

    wbc: int | None
    rbc: int | None
    platelet: int | None
    cut: CutCounts | None = None
    rbc_overlapping: int | None = None

    @property
    def wbc_to_rbc(self) -> float | None:
        """Leukocytes per red cell; a cell that the edge cuts counts half. None below 10 red cells.

        Counting half of what is cut gives the mean of the two usual rules, which count what lies on two of the four
        edges and leave out the rest.
        """
        if self.wbc is None or self.rbc is None or self.cut is None or self.rbc < FEWEST_RED_CELLS:
            return None
        return (self.wbc - self.cut.wbc / 2) / (self.rbc - self.cut.rbc / 2)


@dataclass(frozen=True, slots=True, eq=False)
class ImageFinding:
    """Everything found in one picture.

    `classification_note` says why there is no `classification`, or how to read it; `finder` which way found the cells.
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

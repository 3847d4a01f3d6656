"""THE SPINE: from a picture to findings, one step a line, in the order in which it happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from leukoscope.bundles.card import Card
from leukoscope.domain.findings import ImageFinding, ModelRef
from leukoscope.domain.images import SmearImage
from leukoscope.imaging.freed_memory import lean_memory
from leukoscope.imaging.morphology.reference import ReferenceShelf
from leukoscope.imaging.morphology.reference_file import shipped_reference
from leukoscope.imaging.outlining import Outliner, outliner
from leukoscope.imaging.quality import judge_quality
from leukoscope.inference.cell_reading import CellReader
from leukoscope.inference.counting import count_field
from leukoscope.inference.finding import CellFinder, ClassicalFinder
from leukoscope.inference.naming import CellModel
from leukoscope.inference.segmenter import Segmenter
from leukoscope.inference.stage import StageJudge


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Finds the cells of a picture, outlines, names and measures them, counts the field, and classifies the picture.

    Args:
        cell_model: Names cells; None leaves them unnamed.
        stage: Classifies whole pictures; None leaves them unclassified.
        finder: Finds the cells.
        outliner: Draws nucleus and cell.
        outlined_by: Name of that way.
        reference: Known cells that others are compared with.
    """

    cell_model: CellModel | None
    stage: StageJudge | None
    finder: CellFinder = field(default_factory=ClassicalFinder)
    outliner: Outliner = field(default_factory=lambda: outliner("tracer"))
    outlined_by: str = "tracer"
    reference: ReferenceShelf = field(default_factory=shipped_reference)

    @property
    def cards(self) -> Sequence[Card]:
        """Cards of the models asked, the cell model first."""
        return [*(model.card for model in self._asked()), *self.finder.cards]

    @property
    def refs(self) -> Sequence[ModelRef]:
        """Which models speak, in the order of `cards`."""
        return [*(model.ref for model in self._asked()), *self.finder.refs]

    def _asked(self) -> Sequence[CellModel | StageJudge | Segmenter]:
        drawn = self.outliner if isinstance(self.outliner, Segmenter) else None
        return [model for model in (self.cell_model, self.stage, drawn) if model is not None]

    def analyze(self, image: SmearImage) -> ImageFinding:
        """Find and name what is in one picture."""
        with lean_memory(image):
            return self._finding(image)

    def _finding(self, image: SmearImage) -> ImageFinding:
        quality = judge_quality(image)
        found = self.finder.find(image)
        card = None if self.cell_model is None else self.cell_model.card
        cells = CellReader(self.cell_model, self.outliner, self.outlined_by, self.reference).read(image, found)
        verdict = None if self.stage is None else self.stage.judge(image.pixels, found.kind)
        return ImageFinding(
            width=image.width,
            height=image.height,
            sha256=image.sha256,
            kind=found.kind,
            pixel_size=found.pixel_size,
            quality=quality,
            counts=count_field(found, cells, card, image.width, image.height),
            cells=cells,
            classification=None if verdict is None else verdict.prediction,
            classification_note="" if verdict is None else verdict.note,
            warnings=(*image.warnings, *found.warnings),
            finder=found.finder,
        )

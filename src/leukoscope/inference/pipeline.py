"""THE SPINE: from a picture to findings, one step a line, in the order in which it happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from leukoscope.bundles.card import Card
from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.findings import CellFinding, ImageFinding, ModelRef, Prediction
from leukoscope.domain.images import Pixels, PixelSize, SmearImage
from leukoscope.domain.labels import CellGroup
from leukoscope.imaging.morphology.reference import ReferenceShelf
from leukoscope.imaging.morphology.reference_file import shipped_reference
from leukoscope.imaging.outlining import Outliner, outliner
from leukoscope.imaging.quality import judge_quality
from leukoscope.inference.cell_findings import CellTeller
from leukoscope.inference.counting import count_field
from leukoscope.inference.finding import CellFinder, ClassicalFinder, FoundCell, FoundCells
from leukoscope.inference.naming import CellModel, name_cells
from leukoscope.inference.segmenter import Segmenter
from leukoscope.inference.stage import StageJudge

AT_A_TIME = 128
"""Cells whose masks are held at once."""


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
        quality = judge_quality(image)
        found = self.finder.find(image)
        card = None if self.cell_model is None else self.cell_model.card
        starts = range(0, len(found.cells), AT_A_TIME)
        cells = tuple(cell for start in starts for cell in self._told(image, found, start))
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

    def _told(self, image: SmearImage, found: FoundCells, start: int) -> tuple[CellFinding, ...]:
        cells = found.cells[start : start + AT_A_TIME]
        masks = self.outliner.outline(image.pixels, [cell.box for cell in cells])
        shown = [_shown(cell, drawn) for cell, drawn in zip(cells, masks, strict=True)]
        named = _named(self.cell_model, image.pixels, shown, found.pixel_size)
        groups = _groups(None if self.cell_model is None else self.cell_model.card)
        teller = CellTeller(groups, self.reference, self.outlined_by)
        return teller.tell(image, cells, masks, named, found.pixel_size, first=start + 1)


def _shown(cell: FoundCell, masks: CellMasks | None) -> FoundCell:
    """As the model is to see it: with the border it was found with, as in training; else the one that was drawn."""
    return cell if cell.outline or masks is None else replace(cell, outline=masks.outline)


def _named(
    model: CellModel | None, pixels: Pixels, cells: Sequence[FoundCell], pixel_size: PixelSize | None
) -> Sequence[Prediction | None]:
    return [None] * len(cells) if model is None else name_cells(model, pixels, cells, pixel_size)


def _groups(card: Card | None) -> dict[str, CellGroup]:
    return {} if card is None else {label.name: label.group for label in card.labels}

"""What is each cell of a picture?  Outlined, named and measured, a number of cells at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.findings import CellFinding, Prediction
from leukoscope.domain.images import Pixels, PixelSize, SmearImage
from leukoscope.imaging.morphology.reference import ReferenceShelf
from leukoscope.imaging.outlining import Outliner
from leukoscope.inference.cell_findings import CellTeller
from leukoscope.inference.finding import FoundCell, FoundCells
from leukoscope.inference.naming import CellModel, name_cells

AT_A_TIME = 128
"""Cells whose masks are held at once."""


@dataclass(frozen=True, slots=True)
class CellReader:
    """Outlines, names and measures the cells that were found in a picture.

    Attributes:
        model: Names cells; None leaves them unnamed.
        outliner: Draws nucleus and cell.
        outlined_by: Name of that way.
        reference: Known cells that others are compared with.
    """

    model: CellModel | None
    outliner: Outliner
    outlined_by: str
    reference: ReferenceShelf

    def read(self, image: SmearImage, found: FoundCells) -> tuple[CellFinding, ...]:
        """Findings of all cells, numbered in their order."""
        return tuple(self._each(image, found))

    def _each(self, image: SmearImage, found: FoundCells) -> Iterator[CellFinding]:
        labels = () if self.model is None else self.model.card.labels
        teller = CellTeller({label.name: label.group for label in labels}, self.reference, self.outlined_by)
        for start in range(0, len(found.cells), AT_A_TIME):
            cells = found.cells[start : start + AT_A_TIME]
            masks = self.outliner.outline(image.pixels, [cell.box for cell in cells])
            named = self._named(image.pixels, cells, masks, found.pixel_size)
            yield from teller.tell(image, cells, masks, named, found.pixel_size, first=start + 1)

    def _named(
        self, pixels: Pixels, cells: Sequence[FoundCell], masks: Sequence[CellMasks | None], size: PixelSize | None
    ) -> Sequence[Prediction | None]:
        if self.model is None:
            return [None] * len(cells)
        return name_cells(self.model, pixels, list(map(_shown, cells, masks)), size)


def _shown(cell: FoundCell, masks: CellMasks | None) -> FoundCell:
    """As the model is to see it: with the border it was found with, as in training; else the one that was drawn."""
    return cell if cell.outline or masks is None else replace(cell, outline=masks.outline)

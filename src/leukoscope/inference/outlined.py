"""Where are the cells of a picture, pixel by pixel?  Finding, then outlining: what measuring begins with."""

from __future__ import annotations

from dataclasses import dataclass

from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.findings import ModelRef
from leukoscope.domain.images import ImageKind, PixelSize, SmearImage
from leukoscope.domain.regions import Box
from leukoscope.imaging.outlining import Outliner
from leukoscope.inference.finding import CellFinder


@dataclass(frozen=True, slots=True)
class OutlinedCell:
    """A cell that was found.

    Attributes:
        box: Where it was found, in pixels.
        masks: Which pixels are cell and nucleus; None where no outline was found.
        cut_by_border: It reaches the edge of the picture, so that it is larger than what is seen.
    """

    box: Box
    masks: CellMasks | None
    cut_by_border: bool


@dataclass(frozen=True, slots=True)
class OutlinedPicture:
    """The cells of a picture, and how they were come by.

    Attributes:
        kind: A field, or a crop of one cell.
        pixel_size: As given, from the file, or estimated from red cells; None where nobody knows it.
        cells: From top to bottom.
        found_by: Which way they were found.
        outlined_by: Which way they were outlined.
        warnings: What reading and finding had to say, one sentence each.
    """

    kind: ImageKind
    pixel_size: PixelSize | None
    cells: tuple[OutlinedCell, ...]
    found_by: str
    outlined_by: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CellOutliner:
    """Finds the nucleated cells of a picture and outlines each.

    Attributes:
        finder: Finds cells.
        outliner: Outlines the cell of a box.
        outlined_by: Name of that way.
        refs: Which models both ask.
    """

    finder: CellFinder
    outliner: Outliner
    outlined_by: str
    refs: tuple[ModelRef, ...] = ()

    def outline_cells(self, image: SmearImage) -> OutlinedPicture:
        """Find and outline the cells of one picture."""
        found = self.finder.find(image)
        drawn = self.outliner.outline(image.pixels, [cell.box for cell in found.cells])
        cells = tuple(
            OutlinedCell(cell.box, masks, _is_cut(cell.box if masks is None else masks.extent, image))
            for cell, masks in zip(found.cells, drawn, strict=True)
        )
        said = (*image.warnings, *found.warnings)
        return OutlinedPicture(found.kind, found.pixel_size, cells, found.finder, self.outlined_by, said)


def _is_cut(box: Box, image: SmearImage) -> bool:
    return box.touches_border(image.width, image.height)

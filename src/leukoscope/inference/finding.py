"""WHICH CELLS ARE THERE?  What every way of finding cells gives, and the classical way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from leukoscope.bundles.card import Card
from leukoscope.domain.findings import ModelRef
from leukoscope.domain.images import ImageKind, PixelSize, SmearImage
from leukoscope.domain.regions import Box, Outline
from leukoscope.imaging.crowding import covered_share
from leukoscope.imaging.nuclear_stain import has_color
from leukoscope.imaging.scale import estimate_pixel_size, rough_pixel_size_um
from leukoscope.imaging.segmentation import find_and_survey

_BLANK = "No cells were seen in this picture, so none were counted: is it a field of a smear, in focus and well lit?"
_GRAY = (
    "This picture has no color, so nuclear stain cannot be seen in it and shows no cell; leukocytes were not counted, "
    "and this is not a count of zero."
)
_HEAP = (
    "Stained cells lie in a heap here and cannot be told apart: the number of cells told is far too low, so they "
    "were not counted."
)
_HEAPED = 0.7
"""Share of a field that the outlines of its stained cells cover, from which they lie in a heap. In about 120
fields of taleqani-all none had more than 0.52, nor any of the samples of two other laboratories more than 0.67."""


@dataclass(frozen=True, slots=True)
class FoundCell:
    """A nucleated cell before it is named.

    Attributes:
        box: Nucleus and cytoplasm, in pixels.
        outline: A first border, in pixels; None where only the box is known.
    """

    box: Box
    outline: Outline | None

    @property
    def border(self) -> Outline:
        """Its outline, or the four corners of its box."""
        box = self.box
        return self.outline or Outline(((box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)))


@dataclass(frozen=True, slots=True)
class OtherCells:
    """Red cells and platelets of a field.

    Attributes:
        rbc: Red cells, those that the edge cuts included.
        rbc_cut: Those that the edge cuts.
        rbc_overlapping: Those whose box another one's overlaps.
        platelet: Platelets, those that the edge cuts included.
        platelet_cut: Those that the edge cuts.
        edge_px: Pixels within which a box reaches the edge, of leukocytes as well.
    """

    rbc: int
    rbc_cut: int
    rbc_overlapping: int
    platelet: int
    platelet_cut: int
    edge_px: float = 1.0


@dataclass(frozen=True, slots=True)
class FoundCells:
    """What a way of finding cells says of a picture.

    Attributes:
        finder: Which way was used, in the words of result.json.
        kind: A field of cells, or a crop of one.
        cells: Nucleated cells, from top to bottom.
        pixel_size: Size of the pixels; None where nobody knows it.
        others: Red cells and platelets; None where they were not looked for.
        warnings: One sentence each, in the user's words.
        blank: Nothing was seen at all, neither nuclear stain nor red cells, so that nothing was counted.
        counted: Whether the cells told are a count of the leukocytes; where not, `warnings` says why.
    """

    finder: str
    kind: ImageKind
    cells: tuple[FoundCell, ...]
    pixel_size: PixelSize | None
    others: OtherCells | None = None
    warnings: tuple[str, ...] = ()
    blank: bool = False
    counted: bool = True


class CellFinder(Protocol):
    """A way of finding cells."""

    @property
    def cards(self) -> Sequence[Card]:
        """Cards of the models it asks."""
        ...

    @property
    def refs(self) -> Sequence[ModelRef]:
        """Which models it asks, in the order of `cards`."""
        ...

    def find(self, image: SmearImage) -> FoundCells:
        """Find the nucleated cells of a picture."""
        ...


@dataclass(frozen=True, slots=True)
class ClassicalFinder:
    """Nuclei by their stain and the cell around each; see `imaging.segmentation`."""

    cards: Sequence[Card] = ()
    refs: Sequence[ModelRef] = ()

    def find(self, image: SmearImage) -> FoundCells:
        """Find the nucleated cells of a picture; red cells and platelets are not counted."""
        segmentation, seen = find_and_survey(image.pixels)
        pixel_size = image.pixel_size
        if pixel_size is None and segmentation.kind == "field":
            pixel_size = estimate_pixel_size(image.pixels, seen)
        cells = tuple(FoundCell(cell.box, cell.outline) for cell in segmentation.cells)
        if segmentation.kind == "field" and not cells and rough_pixel_size_um(image.pixels, seen) is None:
            return FoundCells("classical", "field", (), pixel_size, warnings=(_BLANK,), blank=True, counted=False)
        doubts = _doubts(cells, image) if segmentation.kind == "field" else ()
        return FoundCells("classical", segmentation.kind, cells, pixel_size, warnings=doubts, counted=not doubts)


def _doubts(cells: Sequence[FoundCell], image: SmearImage) -> tuple[str, ...]:
    """Why the stained cells of a field are no count of its leukocytes; empty where they are one."""
    if not cells:
        return () if has_color(image.pixels) else (_GRAY,)
    heaped = covered_share([cell.border for cell in cells], image.width, image.height) > _HEAPED
    return (_HEAP,) if heaped and len(cells) > 1 else ()

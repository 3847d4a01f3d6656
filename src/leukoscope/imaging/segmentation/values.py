"""What the finder returns."""

from __future__ import annotations

from dataclasses import dataclass

from leukoscope.domain.images import ImageKind
from leukoscope.domain.regions import Box, Outline


@dataclass(frozen=True, slots=True)
class SegmentedCell:
    """One nucleated cell as measured in the picture; all lengths and areas in pixels of the picture as given.

    Attributes:
        box: The whole cell, nucleus and cytoplasm, inside the picture.
        outline: Border of the cell.
        nucleus_area_px: Area of all lobes of the nucleus, square pixels.
        nucleus_perimeter_px: Length of the border of all lobes.
        nucleus_hull_area_px: Area of the convex hull around all lobes.
        nucleus_parts: Number of lobes that do not touch one another, at least 1.
        cell_area_px: Area of nucleus and cytoplasm, square pixels.
        cell_perimeter_px: Length of the outline.
        cell_hull_area_px: Area of the convex hull of the cell.
        cut_by_border: The cell reaches the edge of the picture, so that it is larger than measured.
    """

    box: Box
    outline: Outline
    nucleus_area_px: float
    nucleus_perimeter_px: float
    nucleus_hull_area_px: float
    nucleus_parts: int
    cell_area_px: float
    cell_perimeter_px: float
    cell_hull_area_px: float
    cut_by_border: bool


@dataclass(frozen=True, slots=True)
class Segmentation:
    """Whether a picture is a field or a crop of one cell, and the cells in it, from top to bottom."""

    kind: ImageKind
    cells: tuple[SegmentedCell, ...]

"""What is known of each cell?  Its name, its measurements, and what they mean, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.findings import CellFinding, Prediction
from leukoscope.domain.images import Pixels, PixelSize, SmearImage
from leukoscope.domain.labels import CellGroup
from leukoscope.imaging.color import Background
from leukoscope.imaging.measurements import Topic, measure_cell
from leukoscope.imaging.measurements.view import glass_of
from leukoscope.imaging.morphology.describing import describe_cell
from leukoscope.imaging.morphology.reference import Reference, ReferenceShelf
from leukoscope.imaging.segmentation.cutout import cutout_mask
from leukoscope.inference.finding import FoundCell

MEASURED: tuple[Topic, ...] = ("shape", "nucleus", "chromatin", "spots", "granularity")
"""What every cell is measured for; `leukoscope measure` tells the rest."""
_AT_ONCE = 2
"""Cells measured at once: more than two wait for one another."""
_WORTH_SHARING = 4
_LOOKED_AT = 256
"""About as many rows and columns are looked at to tell a cell cut out on black."""


@dataclass(frozen=True, slots=True)
class CellTeller:
    """Measures cells and says what that means.

    Attributes:
        groups: Group of each class of the model that names cells.
        shelf: Reference cells.
        outlined_by: How nucleus and cell were outlined; only cells outlined in the same way are compared.
    """

    groups: Mapping[str, CellGroup]
    shelf: ReferenceShelf
    outlined_by: str

    def tell(
        self,
        image: SmearImage,
        cells: Sequence[FoundCell],
        masks: Sequence[CellMasks | None],
        named: Sequence[Prediction | None],
        pixel_size: PixelSize | None,
        *,
        first: int = 1,
    ) -> tuple[CellFinding, ...]:
        """Findings of the cells of one picture, numbered in their order.

        Args:
            image: The picture.
            cells: Where they were found; told of those that were not outlined.
            masks: Their outlines: what is measured is what is told.
            named: What the model calls them.
            pixel_size: Of the picture.
            first: Number of the first of these cells.
        """
        reference = self.shelf.comparable(self.outlined_by, on_black=_is_cut_out(image.pixels))
        glass = glass_of(image.pixels)

        def told(row: tuple[int, FoundCell, CellMasks | None, Prediction | None]) -> CellFinding:
            return self._one(*row, image, pixel_size, reference, glass)

        rows = list(zip(range(first, first + len(cells)), cells, masks, named, strict=True))
        if len(rows) < _WORTH_SHARING:
            return tuple(map(told, rows))
        # Measuring is mostly OpenCV and NumPy, which let another thread run meanwhile.
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return tuple(pool.map(told, rows))

    def _one(
        self,
        number: int,
        cell: FoundCell,
        masks: CellMasks | None,
        said: Prediction | None,
        image: SmearImage,
        pixel_size: PixelSize | None,
        reference: Reference,
        glass: Background,
    ) -> CellFinding:
        values = {} if masks is None else measure_cell(image.pixels, masks, pixel_size, topics=MEASURED, glass=glass)
        seen = cell.box if masks is None else masks.extent
        return CellFinding(
            number,
            seen,
            cell.border if masks is None else masks.outline,
            said,
            values,
            () if masks is None else masks.nucleus_outlines,
            describe_cell(values, said, self.groups, reference, cut=seen.touches_border(image.width, image.height)),
            () if masks is None else masks.nucleus_holes,
        )


def _is_cut_out(pixels: Pixels) -> bool:
    step = max(1, max(pixels.shape[:2]) // _LOOKED_AT)
    return cutout_mask(np.ascontiguousarray(pixels[::step, ::step])) is not None

"""What does a way of outlining take and give?  Pictures and boxes in, masks of one cell per box out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box


class Outliner(Protocol):
    """Outlines nucleus and cytoplasm of cells whose boxes are known."""

    def outline(self, pixels: Pixels, boxes: Sequence[Box]) -> Sequence[CellMasks | None]:
        """Outline one cell per box.

        Args:
            pixels: The whole picture, RGB.
            boxes: Boxes around whole cells; what reaches beyond the picture is cut off. A crop of a single cell is a
                box that covers the picture.

        Returns:
            As many as boxes, in their order; None where no cell was found in a box.
        """
        ...

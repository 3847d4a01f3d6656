"""Outlining one window after the other: what all ways have in common that name pixels by color."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box
from leukoscope.imaging.outlining.masks import masks_from_maps, softened
from leukoscope.imaging.outlining.regions import Regions, settle
from leukoscope.imaging.outlining.window import CellWindow, cut_window

_MARGIN = 0.35
_SIDE = 96.0


@dataclass(frozen=True, slots=True)
class WindowedOutliner:
    """A way that looks at one window after the other.

    Attributes:
        name_pixels: Says which pixels of a window are nucleus and which are stained; None: nothing is.
        margin: How far the window reaches beyond the box, as a share of the box's longer side.
        side: Working pixels across the box, at most.
    """

    name_pixels: Callable[[CellWindow], Regions | None]
    margin: float = _MARGIN
    side: float = _SIDE

    def outline(self, pixels: Pixels, boxes: Sequence[Box]) -> Sequence[CellMasks | None]:
        """See `Outliner`."""
        return [self._one(pixels, box) for box in boxes]

    def _one(self, pixels: Pixels, box: Box) -> CellMasks | None:
        window = cut_window(pixels, box, margin=self.margin, side=self.side)
        regions = None if window is None else self.name_pixels(window)
        settled = None if window is None or regions is None else settle(regions, window)
        if window is None or settled is None:
            return None
        cell, nucleus = (window.restored(softened(mask)) for mask in settled)
        return masks_from_maps(cell, nucleus, window.frame.left, window.frame.top)

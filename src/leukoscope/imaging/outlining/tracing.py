"""Nucleus and cytoplasm by votes and the best closed border: the classical finder's way, for boxes that are known.

The votes need to know glass and red cells. A cell cut out on black shows neither; where nothing can be traced, cells
are outlined by clusters of color.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box
from leukoscope.imaging.color import purpleness
from leukoscope.imaging.outlining.kmeans import cluster_colors
from leukoscope.imaging.outlining.masks import masks_from_maps, softened
from leukoscope.imaging.outlining.window import Bools, CellWindow, cut_window
from leukoscope.imaging.outlining.windowed import WindowedOutliner
from leukoscope.imaging.segmentation.cytoplasm import count_votes, trace
from leukoscope.imaging.segmentation.finder import yardstick_px
from leukoscope.imaging.segmentation.grouping import Nucleus
from leukoscope.imaging.segmentation.parts import Labels, Part, cut_into_parts
from leukoscope.imaging.segmentation.survey import Survey, nuclear_mask, smooth, survey


@dataclass(frozen=True, slots=True)
class TracingSettings:
    """Where the tracer looks.

    Attributes:
        margin: How far the window reaches beyond the box, as a share of the box's longer side.
        side: Working pixels across the box.
        own: Share of a part of nucleus that must lie in the box.
    """

    margin: float = 0.4
    side: float = 64.0
    own: float = 0.5


@dataclass(frozen=True, slots=True)
class TracingOutliner:
    """Traces cells as `imaging.segmentation` does: stain and scale are learned once from the whole picture.

    Attributes:
        settings: Where the tracer looks.
    """

    settings: TracingSettings = TracingSettings()

    def outline(self, pixels: Pixels, boxes: Sequence[Box]) -> Sequence[CellMasks | None]:
        """See `Outliner`."""
        if not boxes:
            return []
        seen = survey(pixels)
        return [self._one(pixels, box, seen) for box in boxes]

    def _one(self, pixels: Pixels, box: Box, seen: Survey) -> CellMasks | None:
        window = cut_window(pixels, box, margin=self.settings.margin, side=self.settings.side)
        if window is None:
            return None
        found = self._traced(window, seen) if not window.is_cutout else None
        if found is None:
            return WindowedOutliner(cluster_colors).outline(pixels, [box])[0]
        cell, nucleus = (window.restored(softened(mask)) for mask in found)
        return masks_from_maps(cell, nucleus, window.frame.left, window.frame.top)

    def _traced(self, window: CellWindow, seen: Survey) -> tuple[Bools, Bools] | None:
        unit = yardstick_px(seen) / window.frame.scale[0]
        density = seen.density(window.pixels, window.frame.place)
        purple = smooth(purpleness(density, seen.hemoglobin))
        mask = nuclear_mask(purple, seen.purple) * window.specimen
        parts, labels = cut_into_parts(mask.astype(np.uint8), purple, unit)
        own = [part for part in parts if self._within(part, labels, window)]
        if not own:
            return None
        nucleus = np.isin(labels, [part.number for part in own])
        border = trace(count_votes(density, seen), labels, [Nucleus(tuple(own))], unit)[0]
        cell = nucleus.astype(np.uint8)
        # Sixteenths of a pixel; pixel centers are whole numbers to OpenCV.
        cv2.fillPoly(cell, [np.round(16 * border).astype(np.int32)], 1, shift=4)
        return np.asarray((cell > 0) & window.specimen, np.bool_), nucleus

    def _within(self, part: Part, labels: Labels, window: CellWindow) -> bool:
        inside: NDArray[np.bool_] = window.inside[labels == part.number]
        return bool(inside.mean() >= self.settings.own)

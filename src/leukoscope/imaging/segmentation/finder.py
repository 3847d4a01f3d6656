"""Finds the nucleated cells of a picture: the steps in the order in which they happen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.imaging.color import purpleness
from leukoscope.imaging.segmentation.cutout import cutout_mask
from leukoscope.imaging.segmentation.cytoplasm import count_votes, trace
from leukoscope.imaging.segmentation.geometry import Frame, Mask, describe
from leukoscope.imaging.segmentation.grouping import Nucleus, group_parts, join_overlapping
from leukoscope.imaging.segmentation.kind import the_one_cell
from leukoscope.imaging.segmentation.parts import Labels, cut_into_parts
from leukoscope.imaging.segmentation.reduce import reduce_by
from leukoscope.imaging.segmentation.survey import NUCLEUS_WIDTH, Survey, nuclear_mask, smooth, survey
from leukoscope.imaging.segmentation.values import Segmentation, SegmentedCell

_RED_CELL_WIDTH = 30.0
_CUTOUT_SIDE = 480
_TILE_SIDE = 720
"""Working pixels; a picture up to a third larger is not cut into tiles."""


def find_cells(pixels: Pixels) -> Segmentation:
    """Find the nucleated cells of a field, or the one cell of a crop.

    The picture is looked at in a copy reduced so that a nucleus measures about 26 pixels, in tiles where that is large.
    The same pixels always give the same cells.

    Args:
        pixels: RGB picture of any size; may be a strided view.

    Returns:
        The kind of the picture and its cells; a field may have none.

    Example:
        >>> find_cells(np.full((64, 64, 3), 230, np.uint8))
        Segmentation(kind='field', cells=())
    """
    return find_and_survey(pixels)[0]


def find_and_survey(pixels: Pixels) -> tuple[Segmentation, Survey | None]:
    """As `find_cells`, and the survey it rests on, for whoever asks more of the picture; None of a cell cut out."""
    cutout = _cut_out(pixels)
    if cutout is not None:
        return Segmentation("cell", (cutout,)), None
    seen = survey(pixels)
    return _surveyed(pixels, seen), seen


def _surveyed(pixels: Pixels, seen: Survey) -> Segmentation:
    factor = _working_factor(seen)
    if factor is None:
        return Segmentation("field", ())
    cells = [cell for frame in _tiles(pixels, factor, seen) for cell in _cells_of_tile(pixels, frame, seen)]
    one = the_one_cell(cells, pixels.shape[1], pixels.shape[0], seen.red_cell_px or seen.clumped_px)
    if one is not None:
        return Segmentation("cell", (one,))
    return Segmentation("field", tuple(sorted(cells, key=lambda cell: (cell.box.y0, cell.box.x0))))


def _cut_out(pixels: Pixels) -> SegmentedCell | None:
    """The cell of a picture that is black around it."""
    if pixels[0].max() > 60 and pixels[-1].max() > 60:  # most pictures are told by their first and last row
        return None
    step = max(1, round(max(pixels.shape[:2]) / _CUTOUT_SIDE))
    mask = cutout_mask(reduce_by(pixels, step))
    frame = Frame(0, 0, pixels.shape[1], pixels.shape[0], pixels.shape[1], pixels.shape[0], 1 / step)
    return None if mask is None else describe(mask, mask, 0, 0, frame)


def _working_factor(seen: Survey) -> float | None:
    """Working pixels per pixel; None where nothing was seen that could set a scale."""
    if seen.nucleus_px is not None:
        return min(1.0, NUCLEUS_WIDTH / seen.nucleus_px)
    red_cell = seen.red_cell_px or seen.clumped_px
    return None if red_cell is None else min(1.0, _RED_CELL_WIDTH / red_cell)


def _tiles(pixels: Pixels, factor: float, seen: Survey) -> Iterator[Frame]:
    """Windows that overlap by more than a cell, each with a core of its own."""
    height, width = pixels.shape[:2]
    margin = round(3 * yardstick_px(seen))
    for top, bottom in _cuts(height, factor):
        for left, right in _cuts(width, factor):
            window = (
                max(0, left - margin),
                max(0, top - margin),
                min(width, right + margin),
                min(height, bottom + margin),
            )
            yield Frame(*window, width, height, factor, (left, top, right, bottom))


def _cuts(length: int, factor: float) -> Iterator[tuple[int, int]]:
    count = max(1, round(length * factor / _TILE_SIDE))
    return pairwise(round(length * number / count) for number in range(count + 1))


def yardstick_px(seen: Survey) -> float:
    """Diameter of a red cell in pixels, measured where possible and within reason, else guessed from the nuclei."""
    nucleus = seen.nucleus_px
    if nucleus is None:
        return seen.red_cell_px or seen.clumped_px or 1.0
    if seen.red_cell_px is not None:
        return float(np.clip(seen.red_cell_px, 0.6 * nucleus, 2.6 * nucleus))
    if seen.clumped_px is not None:
        return float(np.clip(seen.clumped_px, 0.95 * nucleus, 1.5 * nucleus))
    return 1.3 * nucleus


def _cells_of_tile(pixels: Pixels, frame: Frame, seen: Survey) -> list[SegmentedCell]:
    work = frame.cut(pixels)
    red_cell = yardstick_px(seen) * work.shape[1] / (frame.right - frame.left)
    density = seen.density(work, frame.place)
    purple = smooth(purpleness(density, seen.hemoglobin))
    parts, labels = cut_into_parts(nuclear_mask(purple, seen.purple), purple, red_cell)
    votes = count_votes(density, seen)
    nuclei = group_parts(parts, (votes.belongs > 0).astype(np.uint8), labels, red_cell)
    outlines = trace(votes, labels, nuclei, red_cell)
    joined = join_overlapping(nuclei, outlines, red_cell)
    if len(joined) < len(nuclei):
        nuclei, outlines = joined, trace(votes, labels, joined, red_cell)
    found = [_describe(one, outline, labels, frame) for one, outline in zip(nuclei, outlines, strict=True)]
    return [cell for cell in found if cell is not None and frame.owns(cell.box.center)]


def _describe(nucleus: Nucleus, outline: NDArray[np.float32], labels: Labels, frame: Frame) -> SegmentedCell | None:
    """Masks of one cell in a window of its own, measured."""
    height, width = labels.shape
    x, y, w, h = cv2.boundingRect(np.concatenate([nucleus.outline, np.round(outline).astype(np.int32)]))
    x0, y0, x1, y1 = max(0, x - 1), max(0, y - 1), min(width, x + w + 1), min(height, y + h + 1)
    numbers = np.zeros(int(labels.max()) + 1, np.uint8)
    numbers[[part.number for part in nucleus.parts]] = 1
    core: Mask = numbers[labels[y0:y1, x0:x1]]
    cell = core.copy()
    cv2.fillPoly(cell, [np.round(outline - (x0, y0)).astype(np.int32)], 1)
    return describe(cell, core, x0, y0, frame)

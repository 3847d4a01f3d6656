"""From maps of a window to masks and outlines of one cell, finer than a pixel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.regions import Outline
from leukoscope.imaging.outlining.level_lines import level_lines

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]

_OFF_PX = 0.1
"""How far a corner may be left out of an outline."""
_LEAST_LOBE = 0.02
"""Smallest lobe, as a share of the nucleus."""
_LEAST_HOLE_PX = 4.0
"""Smallest hole of a nucleus whose border is told: every pixel of a smaller one touches the nucleus."""


def masks_from_maps(cell: Floats, nucleus: Floats, left: int, top: int) -> CellMasks | None:
    """Masks of one cell from two maps; None where no pixel reaches one half.

    A pixel belongs to the cell (or its nucleus) where its map is above one half; outlines run where the map, linear
    between the centers of pixels, is one half. The largest connected piece is the cell, small pieces of nucleus are
    dirt, holes of the cell are filled, those of the nucleus stay. The nucleus may not leave the cell.

    Args:
        cell: How surely each pixel belongs to the cell, in [0, 1], shape (rows, columns).
        nucleus: The same of its nucleus.
        left: First column of the maps in the picture.
        top: First row.

    Example:
        >>> soft = np.zeros((5, 5), np.float32)
        >>> soft[1:4, 1:4] = 1
        >>> int(masks_from_maps(soft, 0 * soft, 0, 0).cell.sum())
        9
    """
    whole = _largest_piece(cell > 0.5)
    if whole is None:
        return None
    whole_map = _only(np.maximum(cell, nucleus * whole), whole)
    core = _without_dirt((nucleus > 0.5) & whole)
    core_map = _only(np.minimum(nucleus, whole_map), core)
    outline = max(_borders(whole_map, left, top).outer, key=_area, default=None)
    if outline is None:
        return None
    lobes = _borders(core_map, left, top) if core.any() else _Borders((), ())
    return CellMasks(left, top, whole, core, outline, lobes.outer, lobes.holes)


def softened(mask: Bools, sigma: float = 0.8) -> Floats:
    """A mask as a map whose half line runs smoothly; what would vanish or break stays as it is."""
    hard = mask.astype(np.float32)
    soft = np.asarray(cv2.GaussianBlur(hard, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)
    count = cv2.connectedComponents(mask.astype(np.uint8))[0]
    return soft if cv2.connectedComponents((soft > 0.5).astype(np.uint8))[0] == count else hard


def _largest_piece(mask: Bools) -> Bools | None:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count < 2:
        return None
    return filled(np.asarray(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])), np.bool_))


def filled(mask: Bools) -> Bools:
    """The mask without holes."""
    rest = cv2.copyMakeBorder((~mask).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    labels = cv2.connectedComponents(rest, connectivity=8)[1]
    return np.asarray(labels[1:-1, 1:-1] != labels[0, 0], np.bool_)


def _without_dirt(mask: Bools) -> Bools:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = areas >= max(1.0, _LEAST_LOBE * float(areas.sum()))
    kept[0] = False
    return np.asarray(kept[labels], np.bool_) if count > 1 else np.zeros_like(mask)


def _only(soft: Floats, mask: Bools) -> Floats:
    """The map where the mask is, its fall beside it, and nothing of other pieces; holes filled."""
    near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    kept = np.where(mask, np.maximum(soft, 0.5 + 1e-3), np.minimum(soft, 0.5 - 1e-3))
    return np.where(near, kept, 0).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Borders:
    outer: tuple[Outline, ...]
    holes: tuple[Outline, ...]


def _borders(soft: Floats, left: int, top: int) -> _Borders:
    """Closed lines at one half; at the edge of the window along the edge of the pixels."""
    rings = [line[:, ::-1].astype(np.float32) - 0.5 for line in level_lines(np.pad(soft, 1))]
    areas = [_signed_area(ring) for ring in rings]  # below zero around what is inside, above around a hole
    return _Borders(
        tuple(_outline(ring, left, top) for ring, area in zip(rings, areas, strict=True) if area < 0),
        tuple(_outline(ring, left, top) for ring, area in zip(rings, areas, strict=True) if area >= _LEAST_HOLE_PX),
    )


def _outline(ring: Floats, left: int, top: int) -> Outline:
    corners = cv2.approxPolyDP(ring[:, None], _OFF_PX, closed=True)[:, 0]
    corners = corners if len(corners) >= 3 else ring
    return Outline(np.round(corners.astype(np.float64) + np.array([left, top]), 2).tolist())


def _area(outline: Outline) -> float:
    return abs(_signed_area(np.array(outline.points, np.float32)))


def _signed_area(points: NDArray[np.float32]) -> float:
    return float(cv2.contourArea(points[:, None], oriented=True))

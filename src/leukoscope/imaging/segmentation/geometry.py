"""From masks at the working scale to boxes, outlines and areas in pixels of the picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.regions import Box, Outline
from leukoscope.imaging.segmentation.values import SegmentedCell

Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a working picture lies in the picture as given.

    Attributes:
        scale_x: Pixels of the picture per working pixel, across.
        scale_y: The same, down.
        width: Width of the picture as given.
        height: Height of the picture as given.
        left: Working pixels left of the part looked at.
        top: Working pixels above it.
    """

    scale_x: float
    scale_y: float
    width: int
    height: int
    left: int = 0
    top: int = 0


def describe(cell: Mask, nucleus: Mask, left: int, top: int, frame: Frame) -> SegmentedCell | None:
    """Measure a cell from its masks; None when nothing of it is left.

    Args:
        cell: Pixels of the whole cell, 0 or 1, in a window of the working picture.
        nucleus: Pixels of its nucleus, the same window.
        left: Working pixels from the left edge of the part looked at to the window.
        top: The same from its upper edge.
        frame: Where that part lies in the picture.
    """
    outline = _largest(_contours(cell))
    if outline is None:
        return None
    box = _box(outline, left, top, frame)
    area = frame.scale_x * frame.scale_y
    length = (frame.scale_x + frame.scale_y) / 2
    parts = _contours(nucleus)
    hull = cv2.convexHull(outline)
    return SegmentedCell(
        box=box,
        outline=Outline(_points(outline, left, top, frame)),
        nucleus_area_px=float(np.count_nonzero(nucleus)) * area,
        nucleus_perimeter_px=sum(_perimeter(part) for part in parts) * length,
        nucleus_hull_area_px=_area(cv2.convexHull(np.concatenate(parts))) * area if parts else 0.0,
        nucleus_parts=max(1, len(parts)),
        cell_area_px=_area(outline) * area,
        cell_perimeter_px=_perimeter(outline) * length,
        cell_hull_area_px=_area(hull) * area,
        cut_by_border=box.touches_border(frame.width, frame.height, margin=max(1.0, length)),
    )


def _contours(mask: Mask) -> list[NDArray[np.int32]]:
    found, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return [np.asarray(one, np.int32) for one in found]


def _largest(contours: list[NDArray[np.int32]]) -> NDArray[np.int32] | None:
    return max(contours, key=cv2.contourArea, default=None)


def _perimeter(contour: NDArray[np.int32]) -> float:
    """Length around the pixels; the contour runs through their centers, half a pixel inside, hence the addition."""
    return float(cv2.arcLength(contour, closed=True)) + np.pi


def _area(contour: NDArray[np.int32]) -> float:
    """Area of the pixels inside a contour through pixel centers (Pick's theorem)."""
    return float(cv2.contourArea(contour)) + float(cv2.arcLength(contour, closed=True)) / 2 + 1


def _box(outline: NDArray[np.int32], left: int, top: int, frame: Frame) -> Box:
    x, y, width, height = cv2.boundingRect(outline)
    x0, y0 = (x + left + frame.left) * frame.scale_x, (y + top + frame.top) * frame.scale_y
    x1, y1 = x0 + width * frame.scale_x, y0 + height * frame.scale_y
    return Box(max(0.0, x0), max(0.0, y0), min(float(frame.width), x1), min(float(frame.height), y1))


def _points(outline: NDArray[np.int32], left: int, top: int, frame: Frame) -> tuple[tuple[float, float], ...]:
    """At most about 60 points; a cell of a single pixel becomes that pixel's triangle."""
    smooth = cv2.approxPolyDP(outline, 0.6, closed=True)[:, 0, :].astype(np.float64)
    if len(smooth) < 3:
        x, y = outline[0, 0]
        smooth = np.array([[x - 0.4, y - 0.4], [x + 0.4, y - 0.4], [x, y + 0.4]])
    x = (smooth[:, 0] + left + frame.left + 0.5) * frame.scale_x
    y = (smooth[:, 1] + top + frame.top + 0.5) * frame.scale_y
    x, y = np.clip(x, 0, frame.width), np.clip(y, 0, frame.height)
    return tuple((round(float(a), 2), round(float(b), 2)) for a, b in zip(x, y, strict=True))

"""From masks at the working scale to boxes, outlines and areas in pixels of the picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box, Outline
from leukoscope.imaging.segmentation.values import SegmentedCell

Mask = NDArray[np.uint8]
Contour = NDArray[np.int32]
Place = tuple[float, float, float, float]
"""A window as shares of the picture: left, top, right, bottom, each in [0, 1]."""


_RIM = 0.01
"""Added to every side of a box, as a share of its longer side: the blurred rim of the cell belongs to it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a working picture lies in the picture as given; all but `factor` in pixels of the latter.

    Attributes:
        left: Left edge of the window.
        top: Upper edge of the window.
        right: Right edge of the window.
        bottom: Lower edge of the window.
        width: Width of the picture.
        height: Height of the picture.
        factor: Working pixels per pixel, wished for; whole sizes make it differ a little.
        core: The part whose cells this window answers for; None: all of it.
    """

    left: int
    top: int
    right: int
    bottom: int
    width: int
    height: int
    factor: float
    core: tuple[int, int, int, int] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the working picture."""
        return max(1, round((self.right - self.left) * self.factor)), max(
            1, round((self.bottom - self.top) * self.factor)
        )

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of the picture per working pixel, across and down."""
        across, down = self.size
        return (self.right - self.left) / across, (self.bottom - self.top) / down

    @property
    def place(self) -> Place:
        """The window in shares of the picture."""
        return self.left / self.width, self.top / self.height, self.right / self.width, self.bottom / self.height

    def cut(self, pixels: Pixels) -> Pixels:
        """The window at its working size."""
        part = np.ascontiguousarray(pixels[self.top : self.bottom, self.left : self.right])
        return np.asarray(cv2.resize(part, self.size, interpolation=cv2.INTER_AREA), np.uint8)

    def owns(self, place: tuple[float, float]) -> bool:
        """Whether this window answers for what lies at a place (x, y)."""
        if self.core is None:
            return True
        left, top, right, bottom = self.core
        return left <= place[0] < right and top <= place[1] < bottom


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
    area = frame.scale[0] * frame.scale[1]
    length = float(np.sqrt(area))
    parts = _contours(nucleus)
    hull = _hull(outline)
    return SegmentedCell(
        box=box,
        outline=Outline(_points(outline, left, top, frame)),
        nucleus_area_px=float(np.count_nonzero(nucleus)) * area,
        nucleus_perimeter_px=sum(_perimeter(part) for part in parts) * length,
        nucleus_hull_area_px=_area(_hull(np.concatenate(parts))) * area if parts else 0.0,
        nucleus_parts=max(1, len(parts)),
        cell_area_px=_area(outline) * area,
        cell_perimeter_px=_perimeter(outline) * length,
        cell_hull_area_px=_area(hull) * area,
        cut_by_border=box.touches_border(frame.width, frame.height, margin=max(1.0, length)),
    )


def fill_holes(mask: Mask, largest: float) -> Mask:
    """The mask with holes up to `largest` pixels filled (pale chromatin, vacuoles, JPEG noise)."""
    filled = mask.copy()
    outlines, order = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if order is None:
        return filled
    for outline, (_, _, _, parent) in zip(outlines, order[0], strict=True):
        if parent >= 0 and cv2.contourArea(outline) < largest:
            cv2.drawContours(filled, [outline], -1, 1, cv2.FILLED)
    return filled


def _contours(mask: Mask) -> list[Contour]:
    found, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return [np.asarray(one, np.int32) for one in found]


def _hull(points: Contour) -> Contour:
    return np.asarray(cv2.convexHull(points), np.int32)


def _largest(contours: list[Contour]) -> Contour | None:
    return max(contours, key=_area, default=None)


def _perimeter(contour: Contour) -> float:
    """Length around the pixels; the contour runs through their centers, half a pixel inside, hence the addition."""
    return float(cv2.arcLength(contour, closed=True)) + np.pi


def _area(contour: Contour) -> float:
    """Area of the pixels inside a contour through pixel centers (Pick's theorem)."""
    return float(cv2.contourArea(contour)) + float(cv2.arcLength(contour, closed=True)) / 2 + 1


def _box(outline: Contour, left: int, top: int, frame: Frame) -> Box:
    x, y, width, height = cv2.boundingRect(outline)
    across, down = frame.scale
    x0, y0 = frame.left + (x + left) * across, frame.top + (y + top) * down
    x1, y1 = x0 + width * across, y0 + height * down
    rim = _RIM * max(x1 - x0, y1 - y0)
    return Box(
        max(0.0, x0 - rim), max(0.0, y0 - rim), min(float(frame.width), x1 + rim), min(float(frame.height), y1 + rim)
    )


def _points(outline: Contour, left: int, top: int, frame: Frame) -> tuple[tuple[float, float], ...]:
    """At most about 60 points; a cell of a single pixel becomes that pixel's triangle."""
    smooth = cv2.approxPolyDP(outline, 0.6, closed=True)[:, 0, :].astype(np.float64)
    if len(smooth) < 3:
        x, y = outline[0, 0]
        smooth = np.array([[x - 0.4, y - 0.4], [x + 0.4, y - 0.4], [x, y + 0.4]])
    x = frame.left + (smooth[:, 0] + left + 0.5) * frame.scale[0]
    y = frame.top + (smooth[:, 1] + top + 0.5) * frame.scale[1]
    x, y = np.clip(x, 0, frame.width), np.clip(y, 0, frame.height)
    return tuple((round(float(a), 2), round(float(b), 2)) for a, b in zip(x, y, strict=True))

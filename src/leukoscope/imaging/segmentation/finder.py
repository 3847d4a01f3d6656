"""Finds the nucleated cells of a picture: the steps in the order in which they happen."""

from __future__ import annotations

import cv2
import numpy as np

from leukoscope.domain.images import Pixels
from leukoscope.imaging.color import estimate_background, optical_density, purpleness
from leukoscope.imaging.segmentation.cutout import cutout_mask
from leukoscope.imaging.segmentation.geometry import Frame, Mask, describe
from leukoscope.imaging.segmentation.values import SegmentedCell, Segmentation

_MAX_SIDE = 640


def find_cells(pixels: Pixels) -> Segmentation:
    """Find the nucleated cells of a field, or the one cell of a crop."""
    work, frame = _working_picture(pixels)
    whole = cutout_mask(work)
    if whole is not None:
        cell = describe(whole, whole, 0, 0, frame)
        return Segmentation("cell", () if cell is None else (cell,))
    cells = _cells(work, frame)
    large = any(max(c.box.width / frame.width, c.box.height / frame.height) > 0.5 for c in cells)
    single = large or (len(cells) == 1 and max(frame.width, frame.height) < 420)
    if single:
        middle = min(cells, key=lambda c: _off_center(c, frame))
        return Segmentation("cell", (middle,))
    return Segmentation("field", tuple(sorted(cells, key=lambda c: (c.box.y0, c.box.x0))))


def _working_picture(pixels: Pixels) -> tuple[Pixels, Frame]:
    height, width = pixels.shape[:2]
    factor = min(1.0, _MAX_SIDE / max(width, height))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    work = cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA)
    return np.asarray(work, np.uint8), Frame(width / size[0], height / size[1], width, height)


def _off_center(cell: SegmentedCell, frame: Frame) -> float:
    x, y = cell.box.center
    return float(np.hypot(x - frame.width / 2, y - frame.height / 2))


def _cells(work: Pixels, frame: Frame) -> list[SegmentedCell]:
    purple = purpleness(optical_density(work, estimate_background(work)))
    purple = np.asarray(cv2.GaussianBlur(purple, (0, 0), 1.0))
    levels = np.clip(purple * 150, 0, 255).astype(np.uint8)
    split, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    nuclei = (levels > max(split, 30.0)).astype(np.uint8)
    nuclei = np.asarray(cv2.morphologyEx(nuclei, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))
    areas = cv2.connectedComponentsWithStats(nuclei)[2][1:, cv2.CC_STAT_AREA]
    if not len(areas):
        return []
    typical = float(np.sqrt(np.average(areas, weights=areas)))
    near = cv2.morphologyEx(nuclei, cv2.MORPH_CLOSE, _disc(typical * 0.15))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(np.asarray(near))
    found = []
    for number in range(1, count):
        if stats[number, cv2.CC_STAT_AREA] < 0.25 * typical**2:
            continue
        nucleus: Mask = ((labels == number) & (nuclei > 0)).astype(np.uint8)
        cell = np.asarray(cv2.dilate((labels == number).astype(np.uint8), _disc(typical * 0.2)))
        one = describe(cell, nucleus, 0, 0, frame)
        if one is not None:
            found.append(one)
    return found


def _disc(radius: float) -> Mask:
    side = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)

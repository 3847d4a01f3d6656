"""A first look at a picture: its glass, its stain and the size of what lies in it, from a reduced copy."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.imaging.color import Background, Floats, estimate_background, optical_density, purpleness
from leukoscope.imaging.segmentation.geometry import Mask, Place, fill_holes
from leukoscope.imaging.segmentation.red_cells import clumped_diameter, free_diameter, stained_mask
from leukoscope.imaging.segmentation.reduce import reduce_by
from leukoscope.imaging.segmentation.shading import WHOLE, Shading, fit_shading

_LOOK_SIDE = 400
NUCLEUS_WIDTH = 26.0
"""Working pixels across a nucleus: enough to tell lobes, few enough to be fast."""
_WINDOW_SIDE = 256
_MIN_NUCLEUS = 7.0
"""Inscribed diameter, in reduced pixels, below which a closer look is taken."""
_MIN_PURPLE = 0.16
"""Purpleness below which nothing is called a nucleus; the palest nuclei met lie at about 0.3."""
_CROWD = 6
_ENOUGH_RED = 0.03
_UNKNOWN = ((0.0, 0.0, 0.0), 0.4, 0.12)


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first look tells.

    Attributes:
        background: Color of empty glass.
        purple: Purpleness above which a pixel belongs to a nucleus.
        nucleus_px: Typical inscribed diameter of a nucleus or lobe, in pixels of the picture; None: none was seen.
        red_cell_px: Median diameter of the free red cells; None where too few were seen.
        clumped_px: Rough diameter of the others, looked for only where there are too few free ones.
        hemoglobin: Color direction of the red cells, a unit vector; zeros where there are none to tell.
        red_density: Their median density.
        aside: How far their color scatters off that direction.
        shading: How the light falls off.
    """

    background: Background
    purple: float
    nucleus_px: float | None
    red_cell_px: float | None
    clumped_px: float | None
    hemoglobin: tuple[float, float, float]
    red_density: float
    aside: float
    shading: Shading

    def density(self, part: Pixels, place: Place) -> Floats:
        """Absorbance of a window of the picture, uneven light taken off."""
        density = optical_density(part, self.background)
        return density - self.shading.over(part.shape, place)


def survey(pixels: Pixels) -> Survey:
    """Look at a reduced copy; where its objects are too small to judge, look closer at five places."""
    step = max(1, -(-max(pixels.shape[:2]) // _LOOK_SIDE))
    parts, places = [reduce_by(pixels, step)], [WHOLE]
    while True:
        found = _judge(parts, places, step)
        size = max(found.nucleus_px or 0.0, (found.red_cell_px or found.clumped_px or 0.0) / 2)
        if step == 1 or size >= _MIN_NUCLEUS * step:
            return found
        step = max(1, step // 3)
        places = _windows(pixels, _WINDOW_SIDE * step)
        parts = [reduce_by(_window(pixels, place), step) for place in places]


def _windows(pixels: Pixels, side: int) -> list[Place]:
    """The middle and the middles of the four quarters."""
    height, width = pixels.shape[:2]
    half_x, half_y = min(0.5, side / 2 / width), min(0.5, side / 2 / height)
    middles = [(0.5, 0.5), (0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75)]
    inside = [(min(max(x, half_x), 1 - half_x), min(max(y, half_y), 1 - half_y)) for x, y in middles]
    return [(x - half_x, y - half_y, x + half_x, y + half_y) for x, y in dict.fromkeys(inside)]


def _window(pixels: Pixels, place: Place) -> Pixels:
    height, width = pixels.shape[:2]
    return pixels[
        round(place[1] * height) : round(place[3] * height), round(place[0] * width) : round(place[2] * width)
    ]


def _judge(parts: list[Pixels], places: list[Place], step: int) -> Survey:
    background = estimate_background(np.concatenate([part.reshape(1, -1, 3) for part in parts], axis=1))
    raw = [optical_density(part, background) for part in parts]
    shading = fit_shading(raw, places)
    densities = [density - shading.over(density.shape, place) for density, place in zip(raw, places, strict=True)]
    sure = _surely_nuclear(densities)
    width = _typical_width(sure) or 10.0
    first = _red_color(densities, sure, width)
    masks, purple, nucleus = _nuclei(densities, first[0], width)
    red = free_diameter(densities, masks)
    clumped = clumped_diameter(densities, masks) if red is None else None
    hemoglobin, red_density, aside = _red_color(densities, masks, nucleus or 10.0)
    if hemoglobin == _UNKNOWN[0]:
        hemoglobin, red_density, aside = first
    nucleus_px = None if nucleus is None else nucleus * step
    red_px = None if red is None else red * step
    clumped_px = None if clumped is None else clumped * step
    return Survey(background, purple, nucleus_px, red_px, clumped_px, hemoglobin, red_density, aside, shading)


def _red_color(
    densities: list[Floats], masks: list[Mask], nucleus: float
) -> tuple[tuple[float, float, float], float, float]:
    """Color direction of red cells (unit vector), their median density, and how far they scatter off that direction."""
    pairs = [(density, mask, stained_mask(density, mask)) for density, mask in zip(densities, masks, strict=True)]
    total = sum(mask.size for mask in masks)
    reds = np.concatenate([d[_lone(s, _grown(m, 0.3 * nucleus))] for d, m, s in pairs])
    if len(reds) < max(50, _ENOUGH_RED * total):
        reds = np.concatenate([d[(s > 0) & (_grown(m, 1.5 * nucleus) == 0)] for d, m, s in pairs])
    if len(reds) < max(50, 0.5 * _ENOUGH_RED * total) and sum(_nuclei_in(m, nucleus) for m in masks) >= _CROWD:
        # So crowded that every red cell touches a cell; where there are many nuclei most of the rest is red cells.
        reds = np.concatenate([d[(s > 0) & (_grown(m, 0.3 * nucleus) == 0)] for d, m, s in pairs])
    if len(reds) < max(50, 0.5 * _ENOUGH_RED * total):
        return _UNKNOWN
    middle = np.median(reds, axis=0)
    amount = float(np.linalg.norm(middle))
    if amount < 0.1:
        return _UNKNOWN
    ray = middle / amount
    along = reds @ ray
    aside = np.sqrt(np.maximum((reds**2).sum(axis=1) - along**2, 0))
    return (float(ray[0]), float(ray[1]), float(ray[2])), amount, float(np.clip(np.percentile(aside, 75), 0.03, 0.12))


def _surely_nuclear(densities: list[Floats]) -> list[Mask]:
    """The more purple half of what is purple: red cells that took up stain are not in it."""
    purples = [smooth(purpleness(density)) for density in densities]
    values = np.concatenate([one.ravel() for one in purples])
    threshold = max(nuclear_threshold(values), 0.5 * float(np.percentile(values, 99)))
    return [nuclear_mask(one, threshold) for one in purples]


def _lone(stained: Mask, near: Mask) -> NDArray[np.bool_]:
    """Stained pieces that touch no nucleus or what lies next to one: in a tight crop the only sure red cells."""
    rest = ((stained > 0) | (near > 0)).astype(np.uint8)
    count, labels = cv2.connectedComponents(rest)
    touches = np.zeros(count, np.bool_)
    touches[labels[near > 0]] = True
    touches[0] = True
    return np.asarray(~touches[labels], np.bool_)


def _nuclei_in(mask: Mask, width: float) -> int:
    """Pieces of a nuclear mask that are as large as a nucleus."""
    areas = cv2.connectedComponentsWithStats(mask)[2][1:, cv2.CC_STAT_AREA]
    return int(np.count_nonzero(areas > 0.5 * width**2))


def _grown(mask: Mask, radius: float) -> Mask:
    side = 2 * max(2, round(radius)) + 1
    return np.asarray(cv2.dilate(mask, np.ones((side, side), np.uint8)), np.uint8)


def _nuclei(
    densities: list[Floats], hemoglobin: tuple[float, float, float], width: float
) -> tuple[list[Mask], float, float | None]:
    """Nuclear masks, the threshold they were made with, and the typical width of a nucleus."""
    # As blurred as the working picture will be, so that one threshold serves both.
    blur = max(1.0, width / NUCLEUS_WIDTH)
    purples = [smooth(purpleness(density, hemoglobin), blur) for density in densities]
    purple = nuclear_threshold(np.concatenate([one.ravel() for one in purples]))
    masks = [nuclear_mask(one, purple) for one in purples]
    return masks, purple, _typical_width(masks)


def smooth(values: Floats, sigma: float = 1.0) -> Floats:
    """Noise of single pixels and JPEG blocks taken off."""
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)


def nuclear_threshold(purple: Floats) -> float:
    """Purpleness between nuclei and all else (Otsu 1979), a little lowered for pale parts of a nucleus."""
    levels = np.clip(purple * 100, 0, 255).astype(np.uint8).reshape(1, -1)
    split, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    return max(_MIN_PURPLE, 0.8 * float(split) / 100)


def nuclear_mask(purple: Floats, threshold: float) -> Mask:
    """Pixels that are nuclear by their stain, 0 or 1, without specks."""
    mask = (purple > threshold).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)


def _typical_width(masks: list[Mask]) -> float | None:
    """Inscribed diameter of the object in which the median nuclear pixel lies; platelets weigh little that way."""
    widths: list[float] = []
    weights: list[float] = []
    for rough in masks:
        mask = fill_holes(rough, 0.005 * rough.size)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
        depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
        deepest = np.zeros(count, np.float32)
        np.maximum.at(deepest, np.asarray(labels, np.int32).ravel(), depth.ravel())
        widths.extend((2 * deepest[1:]).tolist())
        weights.extend(stats[1:, cv2.CC_STAT_AREA].tolist())
    if not widths:
        return None
    order = np.argsort(widths)
    share = np.cumsum(np.array(weights, np.float64)[order])
    return float(widths[order[int(np.searchsorted(share, share[-1] / 2))]])

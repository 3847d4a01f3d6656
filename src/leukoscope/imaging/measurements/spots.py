"""Are there pale round spots: nucleoli in the nucleus, vacuoles in the cytoplasm?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from leukoscope.domain.cell_masks import Bools
from leukoscope.imaging.measurements.definition import Measurement, Values
from leukoscope.imaging.measurements.view import WORKING_DIAMETER, CellView, Region, WorkingCopy, blurred, window_of


@dataclass(frozen=True, slots=True)
class SpotSettings:
    """What passes for a pale spot; lengths as shares of the cell's diameter.

    Attributes:
        near: Standard deviation of the blur in which a spot is seen.
        around: Standard deviation of the blur that stands for what surrounds it.
        depth: How much paler than its surroundings a spot is, as a share of the region's median density.
        standing: The same in standard deviations of this difference: gaps among clumps do not stand out.
        palest: Highest density of the palest pixel of a spot, as a share of that median.
        radii: Radius of the circle of the area of the smallest and of the largest spot.
        roundness: Area over that of the circle around it, at least.
    """

    near: float
    around: float
    depth: float
    standing: float
    palest: float
    radii: tuple[float, float]
    roundness: float


# Chosen on drawn cells whose nucleoli and vacuoles are known.
NUCLEOLI = SpotSettings(0.025, 0.09, 0.08, 2.2, 0.8, (0.036, 0.1), 0.5)
VACUOLES = SpotSettings(0.012, 0.05, 0.2, 0.0, 0.5, (0.012, 0.07), 0.6)
PALEST = 0.02
"""Median density below which a region is no more than glass: in drawn ones camera noise passed for spots."""
_SOURCE = "difference of Gaussians: Marr & Hildreth 1980, Theory of edge detection; the limits are leukoscope's"


def _definitions(name: str, region: str, limits: SpotSettings) -> tuple[Measurement, ...]:
    standing = f" and by {limits.standing:g} standard deviations of this difference" if limits.standing else ""
    told = (
        f"pale round spots of the {region}: pieces where a blur (standard deviation {limits.near:g} of the cell's "
        f"diameter) of the optical density of green lies below a wider one ({limits.around:g}) by {limits.depth:g} of "
        f"the {region}'s median{standing}; each with the area of a disk of radius {limits.radii[0]:g} to "
        f"{limits.radii[1]:g} of that diameter, filling {limits.roundness:g} of the circle around it, its palest pixel "
        f"below {limits.palest:g} of the median; none in a {region} whose median is below {PALEST:g}"
    )
    return (
        Measurement(f"{name}_count", "spots", f"number of {told}", _SOURCE, unit="count"),
        Measurement(f"{name}_area", "spots", f"area of these spots ({name}_count)", _SOURCE, "area"),
        Measurement(f"{name}_share", "spots", f"area of these spots ({name}_count) over that of the {region}", _SOURCE),
    )


MEASUREMENTS = (
    *_definitions("nucleoli", "nucleus", NUCLEOLI),
    *_definitions("vacuoles", "cytoplasm", VACUOLES),
)


def measure_spots(view: CellView) -> Values:
    """Candidates for nucleoli and vacuoles; nothing of a region that is not there."""
    copy = view.working
    values: dict[str, float] = {}
    for name, region, settings in (
        ("nucleoli", copy.nucleus, NUCLEOLI),
        ("vacuoles", copy.cytoplasm, VACUOLES),
    ):
        if region.core.any():
            areas = spot_areas(copy, region, settings)
            values[f"{name}_count"] = float(len(areas))
            values[f"{name}_area"] = sum(areas) / copy.scale**2
            values[f"{name}_share"] = sum(areas) / np.count_nonzero(region.mask)
    return values


def spot_areas(copy: WorkingCopy, region: Region, settings: SpotSettings) -> list[float]:
    """Area of each pale spot of a region, in working pixels; none where the region is as pale as glass."""
    window = window_of(region.core)
    inside, median = region.core[window], float(np.median(copy.green[region.core]))
    if median < PALEST:
        return []
    near, around = (
        blurred(copy.green, region.mask, share * WORKING_DIAMETER, window) for share in (settings.near, settings.around)
    )
    paler = around - near
    wanted = inside & (paler > max(settings.depth * median, settings.standing * float(paler[inside].std())))
    low, high = (math.pi * (share * WORKING_DIAMETER) ** 2 for share in settings.radii)
    _, labels, figures, _ = cv2.connectedComponentsWithStats(wanted.astype(np.uint8), connectivity=4)
    areas = []
    for number, (x, y, width, height, area) in enumerate(figures.tolist()):
        if number and low <= area <= high:
            around_it = np.s_[y : y + height, x : x + width]
            spot = labels[around_it] == number
            pale = near[around_it][spot].min() <= settings.palest * median
            if pale and area >= settings.roundness * _circle_around(spot):
                areas.append(float(area))
    return areas


def _circle_around(spot: Bools) -> float:
    points = cv2.findNonZero(spot.astype(np.uint8))
    return math.pi * (cv2.minEnclosingCircle(points)[1] + 0.5) ** 2

"""Are there pale round spots: nucleoli in the nucleus, vacuoles in the cytoplasm?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from leukoscope.domain.cell_masks import Bools
from leukoscope.imaging.measurements.definition import Measurement, Values
from leukoscope.imaging.measurements.granularity import closed
from leukoscope.imaging.measurements.view import WORKING_DIAMETER, CellView, WorkingCopy


@dataclass(frozen=True, slots=True)
class SpotSettings:
    """What passes for a pale spot; lengths as shares of the cell's diameter.

    Attributes:
        largest: Radius of the closing: wider pale places are no spots.
        smallest: Radius of a disk of the smallest area that counts.
        depth: Share of the region's median density by which a spot is paler than what surrounds it.
        roundness: Area over that of the circle around it, at least.
    """

    largest: float
    smallest: float
    depth: float
    roundness: float


NUCLEOLI = SpotSettings(largest=0.09, smallest=0.03, depth=0.18, roundness=0.5)
VACUOLES = SpotSettings(largest=0.07, smallest=0.015, depth=0.35, roundness=0.55)
_SOURCE = "black top-hat: Meyer 1978, Contrast feature extraction; the limits are leukoscope's"


def _definitions(name: str, region: str, settings: SpotSettings) -> tuple[Measurement, ...]:
    told = (
        f"spots in the core of the {region} that are paler than a closing by a disk of "
        f"{settings.largest:g} of the cell's diameter by {settings.depth:g} of the {region}'s median optical density "
        f"of green, fill {settings.roundness:g} of the circle around them and are at least as large as a disk "
        f"of radius {settings.smallest:g} of that diameter"
    )
    return (
        Measurement(f"{name}_count", "spots", f"number of {told}", _SOURCE, unit="count"),
        Measurement(f"{name}_area", "spots", f"area of all {told}", _SOURCE, "area"),
        Measurement(f"{name}_share", "spots", f"the same area over that of the {region}", _SOURCE),
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
            areas = spot_areas(copy, region.core, settings)
            values[f"{name}_count"] = float(len(areas))
            values[f"{name}_area"] = sum(areas) / copy.scale**2
            values[f"{name}_share"] = sum(areas) / np.count_nonzero(region.mask)
    return values


def spot_areas(copy: WorkingCopy, inside: Bools, settings: SpotSettings) -> list[float]:
    """Area of each pale spot inside, in working pixels."""
    unit = WORKING_DIAMETER
    soft = np.asarray(cv2.GaussianBlur(copy.green, (0, 0), 1.0), np.float32)
    paler = closed(soft, inside, round(settings.largest * unit)) - soft
    wanted = inside & (paler > settings.depth * float(np.median(copy.green[inside])))
    smallest = math.pi * (settings.smallest * unit) ** 2
    found, labels, figures, _ = cv2.connectedComponentsWithStats(wanted.astype(np.uint8), connectivity=4)
    areas = []
    for number in range(1, found):
        x, y, width, height, area = (int(figure) for figure in figures[number])
        if area >= smallest:
            spot = (labels[y : y + height, x : x + width] == number).astype(np.uint8)
            if area >= settings.roundness * _circle_around(spot):
                areas.append(float(area))
    return areas


def _circle_around(spot: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> float:
    points = cv2.findNonZero(spot)
    return math.pi * (cv2.minEnclosingCircle(points)[1] + 0.5) ** 2

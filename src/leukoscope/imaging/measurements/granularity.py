"""How much of the cytoplasm's stain lies in granules, and of which size?"""

from __future__ import annotations

import cv2
import numpy as np

from leukoscope.domain.cell_masks import Bools
from leukoscope.imaging.color import Floats
from leukoscope.imaging.measurements.definition import Measurement, Values
from leukoscope.imaging.measurements.view import WORKING_DIAMETER, CellView, disk, window_of

_LARGEST = 6
_PALEST = 0.02
"""Mean density below which a cytoplasm is no more than glass: nothing to divide by."""
_SOURCE = "Maragos 1989, Pattern spectrum and multiscale shape representation; Matheron 1975, Random sets"
MEASUREMENTS = (
    *(
        Measurement(
            f"granularity_{radius}",
            "granularity",
            f"share of the cytoplasm's optical density of green that an opening by a disk of radius {radius} takes "
            f"away and one of {radius - 1} does not: dark granules of about that radius; in pixels of a copy in "
            f"which the cell is {WORKING_DIAMETER} wide; the opening stays within the cytoplasm",
            _SOURCE,
        )
        for radius in range(1, _LARGEST + 1)
    ),
    Measurement(
        "granularity_total",
        "granularity",
        f"share that the opening by a disk of radius {_LARGEST} takes away: the sum of the spectrum",
        _SOURCE,
    ),
    Measurement(
        "granularity_radius",
        "granularity",
        "mean radius of the spectrum over the cell's diameter, radii weighed by their shares; none where the sum is 0",
        _SOURCE,
    ),
)


def measure_granularity(view: CellView) -> Values:
    """Pattern spectrum of the cytoplasm; nothing where there is none, or where it is as pale as glass."""
    core = view.working.cytoplasm.core
    window = window_of(core)
    core, density = core[window], np.maximum(view.working.green[window], 0)
    if not core.any() or (ground := float(density[core].mean())) < _PALEST:
        return {}
    seen = np.where(core, density, np.float32(np.inf))
    left = [ground, *(float(_opened(seen, core, radius)[core].mean()) for radius in range(1, _LARGEST + 1))]
    spectrum = np.maximum(0.0, -np.diff(left)) / ground
    values = {f"granularity_{radius}": float(share) for radius, share in enumerate(spectrum, start=1)}
    total = float(spectrum.sum())
    values["granularity_total"] = total
    if total > 0:
        radii = np.arange(1, _LARGEST + 1)
        values["granularity_radius"] = float(spectrum @ radii) / total / WORKING_DIAMETER
    return values


def opened(picture: Floats, inside: Bools, radius: int) -> Floats:
    """Opening by a disk that sees only what is inside; pixels outside are meaningless."""
    return _opened(np.where(inside, picture, np.float32(np.inf)), inside, radius)


def _opened(seen: Floats, inside: Bools, radius: int) -> Floats:
    element = disk(radius)
    lowest = cv2.erode(seen, element)
    return np.asarray(cv2.dilate(np.where(inside, lowest, np.float32(-np.inf)), element), np.float32)

"""How is the chromatin of the nucleus: even or clumped, fine or coarse, at the border or in the middle?"""

from __future__ import annotations

import cv2
import numpy as np

from leukoscope.imaging.measurements.definition import Measurement, Values
from leukoscope.imaging.measurements.view import WORKING_DIAMETER, CellView, blurred, window_of

_APART = 0.15
"""Share of the mean density by which condensed chromatin is denser, and open chromatin paler."""
_FINE = 2.0
"""Working pixels: what a blur of this width takes away is fine grain."""
_YOUNG = "after Young et al. 1986, Characterization of chromatin distribution in cell nuclei (condensed and open parts)"
_WHERE = f"optical density of green in the core of the nucleus, in a copy in which the cell is {WORKING_DIAMETER} wide"
MEASUREMENTS = (
    Measurement("chromatin_density", "chromatin", f"mean {_WHERE}", "Beer-Lambert law"),
    Measurement("chromatin_heterogeneity", "chromatin", f"standard deviation over mean, {_WHERE}", _YOUNG),
    Measurement(
        "chromatin_condensed", "chromatin", f"share of pixels denser than 1.15 of the mean, {_WHERE}", _YOUNG
    ),
    Measurement("chromatin_open", "chromatin", f"share of pixels paler than 0.85 of the mean, {_WHERE}", _YOUNG),
    Measurement(
        "chromatin_fineness", "chromatin",
        f"share of the variance that a Gaussian blur of standard deviation {_FINE / WORKING_DIAMETER:.3g} of the "
        f"cell's diameter takes away: high for fine grain, low for clumps; none where all pixels are alike; {_WHERE}",
        "leukoscope",
    ),
    Measurement(
        "chromatin_margination", "chromatin",
        f"mean distance from the border over that of all pixels, each weighed by its density, minus 1: below 0 where "
        f"the chromatin lies at the border; {_WHERE}",
        _YOUNG,
    ),
)  # fmt: skip


def measure_chromatin(view: CellView) -> Values:
    """Distribution of the nuclear stain; nothing without a nucleus, or where it is as pale as glass."""
    copy = view.working
    inside = copy.nucleus.core
    if not inside.any() or (mean := float(copy.green[inside].mean())) <= 0:
        return {}
    relative = copy.green / np.float32(mean)
    seen = relative[inside]
    away = cv2.distanceTransform(np.pad(copy.nucleus.mask, 1).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    depth = away[1:-1, 1:-1][inside]
    values = {
        "chromatin_density": mean,
        "chromatin_heterogeneity": float(seen.std()),
        "chromatin_condensed": float((seen > 1 + _APART).mean()),
        "chromatin_open": float((seen < 1 - _APART).mean()),
        "chromatin_margination": float(depth @ seen / seen.sum() / depth.mean()) - 1,
    }
    if seen.var() > 1e-8:
        window = window_of(inside)
        smooth = blurred(relative, inside, _FINE, window)[inside[window]]
        values["chromatin_fineness"] = float(np.clip(1 - smooth.var() / seen.var(), 0, 1))
    return values

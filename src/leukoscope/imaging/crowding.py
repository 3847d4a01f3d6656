"""Do cells lie apart?  How much of a picture their outlines cover together."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from leukoscope.domain.regions import Outline

_SIDE = 400
"""Working pixels along the longer side of the picture."""


def covered_share(outlines: Sequence[Outline], width: int, height: int) -> float:
    """Share of a picture that lies within any of the outlines, in [0, 1].

    Args:
        outlines: Borders of cells, in pixels.
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.

    Example:
        >>> covered_share([Outline([(0, 0), (49, 0), (49, 99), (0, 99)])] * 2, 100, 100)
        0.5
    """
    factor = min(1.0, _SIDE / max(width, height))
    covered = np.zeros((max(1, round(height * factor)), max(1, round(width * factor))), np.uint8)
    for outline in outlines:
        corners = np.round(np.array(outline.points) * factor).astype(np.int32)
        cv2.fillPoly(covered, [corners], 1)
    return float(covered.mean())

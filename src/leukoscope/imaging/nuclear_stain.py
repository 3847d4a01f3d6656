"""Is there a nucleus in a box?  How much of it carries nuclear stain, by the picture's own colors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box
from leukoscope.imaging.color import purpleness
from leukoscope.imaging.preprocessing import resize
from leukoscope.imaging.quality import QualityLimits
from leukoscope.imaging.quality_measures import measure_colors
from leukoscope.imaging.segmentation.survey import Survey, nuclear_mask, smooth, survey

_SIDE = 48
"""Working pixels along the longer side of a box; enough to tell a nucleus, and quick."""
_LOOK_SIDE = 256
"""Pixels along the longer side of the picture that is looked at for color."""


def has_color(pixels: Pixels) -> bool:
    """Whether a picture has color at all; in a gray one no stain can be told from another.

    Args:
        pixels: The whole RGB picture.

    Example:
        >>> has_color(np.full((60, 60, 3), 230, np.uint8))
        False
    """
    step = max(1, max(pixels.shape[:2]) // (4 * _LOOK_SIDE))
    thinned = pixels[::step, ::step]
    height, width = thinned.shape[:2]
    factor = min(1.0, _LOOK_SIDE / max(height, width))
    colors = measure_colors(resize(thinned, max(1, round(width * factor)), max(1, round(height * factor))))
    return colors.color >= QualityLimits().color


def nuclear_shares(pixels: Pixels, boxes: Sequence[Box]) -> list[float]:
    """Share of each box that carries nuclear stain, in [0, 1].

    Red cells that took up stain count as little as others: their color is learned from the picture and taken off.

    Args:
        pixels: The whole RGB picture.
        boxes: Boxes; what reaches beyond the picture is cut off.

    Example:
        >>> nuclear_shares(np.full((60, 60, 3), 230, np.uint8), [Box(10, 10, 40, 40)])
        [0.0]
    """
    if not boxes:
        return []
    seen = survey(pixels)
    return [_share(pixels, box, seen) for box in boxes]


def _share(pixels: Pixels, box: Box, seen: Survey) -> float:
    height, width = pixels.shape[:2]
    left, top = min(max(0, int(box.x0)), width - 1), min(max(0, int(box.y0)), height - 1)
    right, bottom = min(width, max(left + 1, int(np.ceil(box.x1)))), min(height, max(top + 1, int(np.ceil(box.y1))))
    part = pixels[top:bottom, left:right]
    factor = min(1.0, _SIDE / max(part.shape[:2]))
    part = resize(part, max(1, round(part.shape[1] * factor)), max(1, round(part.shape[0] * factor)))
    density = seen.density(part, (left / width, top / height, right / width, bottom / height))
    return float(nuclear_mask(smooth(purpleness(density, seen.hemoglobin)), seen.purple).mean())

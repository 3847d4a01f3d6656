"""At which pixel size does a detector look, where nobody knows that of the picture?  Its own red cells tell it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leukoscope.domain.images import Pixels
from leukoscope.imaging.scale import RED_CELL_DIAMETER_UM, rough_pixel_size_um
from leukoscope.inference.detector import Detector

RED_CELLS = "rbc"
FEWEST = 5
"""Red cells that must be found for their size to be believed."""
_ROUNDS = 4
_SETTLED = 0.08
"""Relative change below which a size is taken; magnification of the training pieces varies far more."""
RANGE_UM = (0.02, 0.8)
"""Beyond these a red cell is 9 pixels wide or 360: nothing a detector of blood cells was made for."""
_WINDOW_PX = 512
"""Side of the part looked at, in pixels of the detector."""


@dataclass(frozen=True, slots=True)
class LookingScale:
    """A pixel size that makes the red cells found with it 7.2 um wide, or the guess it began with.

    Attributes:
        um: Micrometers per pixel.
        red_cells: How many red cells it rests on; 0 where it is a guess.
    """

    um: float
    red_cells: int


def settle_scale(detector: Detector, pixels: Pixels) -> LookingScale | None:
    """Find the pixel size at which the detector sees red cells of their usual size.

    It begins with a guess from what the classical finder sees (red cells, clumps of them, else nuclei), looks at the
    middle of the picture, takes the median red cell for 7.2 um, and looks again until that changes little. Boxes tell
    the size of overlapping cells, too, which the estimate from free cells cannot use.

    Args:
        detector: Finds red cells.
        pixels: RGB picture of a field.

    Returns:
        The size; None where there is nothing to guess from.
    """
    guess = rough_pixel_size_um(pixels)
    if guess is None:
        return None
    scale = LookingScale(float(np.clip(guess, *RANGE_UM)), 0)
    for _ in range(_ROUNDS):
        sides = red_cell_sides(detector, _middle(pixels, scale.um, detector), scale.um)
        if len(sides) < FEWEST:
            break
        found = float(np.clip(RED_CELL_DIAMETER_UM / float(np.median(sides)), *RANGE_UM))
        before, scale = scale, LookingScale(found, len(sides))
        if abs(scale.um / before.um - 1) < _SETTLED:
            break
    return scale


def red_cell_sides(detector: Detector, pixels: Pixels, um: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Geometric mean of both sides of each red cell, those at the edge left out, in pixels of the picture."""
    found = detector.find(pixels, um)
    names = [label.name for label in detector.card.labels]
    boxes = found.boxes[found.labels == names.index(RED_CELLS)] if RED_CELLS in names else found.boxes[:0]
    height, width = pixels.shape[:2]
    inside = (boxes[:, :2] > 1).all(axis=1) & (boxes[:, 2] < width - 1) & (boxes[:, 3] < height - 1)
    sides = boxes[inside, 2:] - boxes[inside, :2]
    return np.asarray(np.sqrt(sides.prod(axis=1)), np.float64)


def _middle(pixels: Pixels, um: float, detector: Detector) -> Pixels:
    side = round(_WINDOW_PX * (detector.view.pixel_size_um or um) / um)
    height, width = pixels.shape[:2]
    left, top = max(0, (width - side) // 2), max(0, (height - side) // 2)
    return pixels[top : top + side, left : left + side]

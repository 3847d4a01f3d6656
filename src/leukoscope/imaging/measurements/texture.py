"""How is the stain distributed from pixel to pixel: co-occurrence of densities, and local binary patterns?"""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np

from leukoscope.domain.cell_masks import Bools
from leukoscope.imaging.color import Floats
from leukoscope.imaging.measurements.definition import Measurement, Values
from leukoscope.imaging.measurements.view import WORKING_DIAMETER, CellView, Region

_LEVELS = 32
_DENSEST = 2.5
"""Natural-log absorbance of green at the top of the scale; the darkest nuclei reach 2.4."""
_DISTANCES = {"near": 2, "far": 6}
"""Working pixels: a 60th and a 20th of the cell's diameter."""
_ANGLES = tuple(quarter * math.pi / 4 for quarter in range(4))
_PROPERTIES = {
    "contrast": "mean square of the difference between the two levels",
    "homogeneity": "mean of 1 / (1 + difference^2)",
    "energy": "square root of the sum of squared frequencies; 1 where all pixels are alike",
    "correlation": "correlation of the two levels; 1 where all pixels are alike",
    "entropy": "-sum of p ln p over the frequencies p",
    "variance": "variance of the level",
}
_NEIGHBORS, _RADIUS = 8, 2
_HARALICK = "Haralick et al. 1973, Textural features for image classification (scikit-image graycomatrix, graycoprops)"
_OJALA = "Ojala et al. 2002, Multiresolution gray-scale and rotation invariant texture classification with local "
_REGIONS = ("nucleus", "cytoplasm")


def _definitions() -> Iterator[Measurement]:
    for region in _REGIONS:
        for name, distance in _DISTANCES.items():
            for what, formula in _PROPERTIES.items():
                yield Measurement(
                    f"{region}_glcm_{what}_{name}",
                    "texture",
                    f"{formula}, over pairs of pixels {distance / WORKING_DIAMETER:.3g} of the cell's diameter apart, "
                    f"both in the core of the {region}, in a copy {WORKING_DIAMETER} pixels wide; optical density of "
                    f"green from 0 to {_DENSEST:g} in {_LEVELS} levels; pairs of all four angles, in both orders",
                    _HARALICK,
                )
        for pattern in range(_NEIGHBORS + 2):
            told = f"of {pattern} brighter neighbors in one run" if pattern <= _NEIGHBORS else "not uniform"
            yield Measurement(
                f"{region}_lbp_{pattern}",
                "texture",
                f"share of pixels in the core of the {region}, neighbors included, whose local binary pattern is "
                f"{told}; {_NEIGHBORS} neighbors, {_RADIUS / WORKING_DIAMETER:.3g} of the cell's diameter away, on the "
                "optical density of green ('brighter' means at least as dense)",
                f"{_OJALA}binary patterns (riu2; scikit-image local_binary_pattern, 'uniform')",
            )


MEASUREMENTS = tuple(_definitions())


def measure_texture(view: CellView) -> Values:
    """Co-occurrence and local binary patterns of nucleus and cytoplasm; nothing of a region that is not there."""
    from skimage.feature import local_binary_pattern

    copy = view.working
    # In whole numbers, because interpolation would part neighbors that are equal.
    grays = np.clip(copy.green * (255 / _DENSEST), 0, 255).astype(np.uint8)
    patterns = local_binary_pattern(grays, _NEIGHBORS, _RADIUS, "uniform").astype(np.int64)
    values: dict[str, float] = {}
    for name, region in (("nucleus", copy.nucleus), ("cytoplasm", copy.cytoplasm)):
        if region.core.any():
            values |= {f"{name}_glcm_{what}": value for what, value in co_occurrence(copy.green, region.core)}
            seen = patterns[_surrounded(region)]
            shares = np.bincount(seen, minlength=_NEIGHBORS + 2) / len(seen)
            values |= {f"{name}_lbp_{number}": float(share) for number, share in enumerate(shares)}
    return values


def _surrounded(region: Region) -> Bools:
    """Pixels whose neighbors all lie in the region; the core where it is too narrow for that."""
    square = np.ones((2 * _RADIUS + 1, 2 * _RADIUS + 1), np.uint8)
    inner = cv2.erode(region.core.astype(np.uint8), square, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    return inner if inner.any() else region.core


def co_occurrence(density: Floats, inside: Bools) -> Iterator[tuple[str, float]]:
    """Haralick's properties of the pairs of pixels that lie inside; nothing where there is no pair.

    Args:
        density: Absorbance, shape (rows, columns).
        inside: Pixels that count.

    Yields:
        Name ("contrast_near") and value.
    """
    from skimage.feature import graycomatrix, graycoprops

    levels = np.clip((density * (_LEVELS / _DENSEST)).astype(np.int64), 0, _LEVELS - 1) + 1
    # Level 0 is the outside; its row and column are taken off, so that only pairs inside are left.
    counted = graycomatrix(
        np.where(inside, levels, 0).astype(np.uint8),
        list(_DISTANCES.values()),
        list(_ANGLES),
        levels=_LEVELS + 1,
        symmetric=True,
    )[1:, 1:].sum(axis=3, keepdims=True)
    told = {what: graycoprops(counted, what)[:, 0] for what in _PROPERTIES}
    for number, name in enumerate(_DISTANCES):
        if counted[:, :, number].any():
            for what, values in told.items():
                yield f"{what}_{name}", float(values[number])

"""How is the stain distributed from pixel to pixel: co-occurrence of densities, and local binary patterns?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.cell_masks import Bools
from leukoscope.imaging.color import Floats
from leukoscope.imaging.measurements.definition import Measurement, Values
from leukoscope.imaging.measurements.view import WORKING_DIAMETER, CellView, Region, window_of

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
    regions = {"nucleus": copy.nucleus, "cytoplasm": copy.cytoplasm}
    seen = {name: region for name, region in regions.items() if region.core.any()}
    if not seen:
        return {}
    grays = _grays(copy.green, list(seen.values()))
    patterns = local_binary_pattern(grays, _NEIGHBORS, _RADIUS, "uniform").astype(np.int64)
    pairs = co_occurrence(copy.green, [region.core for region in seen.values()])
    values: dict[str, float] = {}
    for (name, region), told in zip(seen.items(), pairs, strict=True):
        values |= {f"{name}_glcm_{what}": value for what, value in told.items()}
        found = patterns[_surrounded(region)[: len(grays), : grays.shape[1]]]
        shares = np.bincount(found, minlength=_NEIGHBORS + 2) / len(found)
        values |= {f"{name}_lbp_{number}": float(share) for number, share in enumerate(shares)}
    return values


def _grays(density: Floats, regions: Sequence[Region]) -> NDArray[np.uint8]:
    """Density in whole numbers, because interpolation would part neighbors that are equal.

    What lies below the regions or to the right of them is left out. The rest begins where the density begins: where
    scikit-image looks between pixels depends, in the last bit, on how far they lie from the first one.
    """
    ends = [window_of(region.core) for region in regions]
    bottom, right = (max(one[axis].stop for one in ends) + _RADIUS + 1 for axis in (0, 1))
    return np.asarray(np.clip(density[:bottom, :right] * (255 / _DENSEST), 0, 255), np.uint8)


def _surrounded(region: Region) -> Bools:
    """Pixels whose neighbors all lie in the region; the core where it is too narrow for that."""
    square = np.ones((2 * _RADIUS + 1, 2 * _RADIUS + 1), np.uint8)
    inner = cv2.erode(region.core.astype(np.uint8), square, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    return inner if inner.any() else region.core


def co_occurrence(density: Floats, regions: Sequence[Bools]) -> list[dict[str, float]]:
    """Haralick's properties of the pairs of pixels that lie inside each region; nothing where there is no pair.

    Args:
        density: Absorbance, shape (rows, columns).
        regions: Pixels that count, of each region; at least one.

    Returns:
        Values by name ("contrast_near") for each region.
    """
    from skimage.feature import graycoprops

    counted = np.concatenate([_pairs(density, inside) for inside in regions], axis=3)
    told = {what: graycoprops(counted, what) for what in _PROPERTIES}
    return [
        {
            f"{what}_{name}": float(values[number, place])
            for number, name in enumerate(_DISTANCES)
            if counted[:, :, number, place].any()
            for what, values in told.items()
        }
        for place in range(len(regions))
    ]


def _pairs(density: Floats, inside: Bools) -> NDArray[np.uint32]:
    """How often two levels lie a distance apart, both inside, shape (levels, levels, distances, 1)."""
    from skimage.feature import graycomatrix

    window = window_of(inside)
    levels = np.clip((density[window] * (_LEVELS / _DENSEST)).astype(np.int64), 0, _LEVELS - 1) + 1
    # Level 0 is the outside; its row and column are taken off, so that only pairs inside are left.
    counted = graycomatrix(
        np.where(inside[window], levels, 0).astype(np.uint8),
        list(_DISTANCES.values()),
        list(_ANGLES),
        levels=_LEVELS + 1,
        symmetric=True,
    )
    return np.asarray(counted[1:, 1:].sum(axis=3, keepdims=True), np.uint32)

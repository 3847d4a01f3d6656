"""Do the heat maps point at what was stained?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels

Masks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class MapFocus:
    """Where the positive part of activation maps lies, mean over pictures.

    Attributes:
        inside: Share of the map's mass inside the mask.
        by_chance: Share of the picture the mask covers: what a map that points nowhere would give.
        hits: Share of pictures whose strongest place touches the mask.
    """

    inside: float
    by_chance: float
    hits: float


def map_focus(maps: NDArray[np.float32], masks: Masks) -> MapFocus:
    """Compare maps with masks.

    Args:
        maps: Logit per place of the class said, shape (n, rows, columns).
        masks: Shape (n, height, width); height and width are multiples of rows and columns.
    """
    n, rows, columns = maps.shape
    covered = masks.reshape(n, rows, masks.shape[1] // rows, columns, -1).mean(axis=(2, 4))
    weight = np.maximum(maps, 0)
    total = weight.sum(axis=(1, 2))
    told = total > 0
    inside = (weight * covered).sum(axis=(1, 2))[told] / total[told]
    strongest = maps.reshape(n, -1).argmax(axis=1)
    hits = covered.reshape(n, -1)[np.arange(n), strongest] > 0
    return MapFocus(float(inside.mean()), float(masks.mean()), float(hits.mean()))


def stained_parts(images: Pixels) -> Masks:
    """Nuclei, roughly, shape (n, height, width).

    Otsu's threshold on green divides each picture into glass and cells, a second one the cells into nuclei and rest.

    References:
        Otsu 1979, "A threshold selection method from gray-level histograms".
    """
    return np.stack([_nuclei(image[..., 1]) for image in images])


def _nuclei(green: NDArray[np.uint8]) -> Masks:
    cells = green[green <= _otsu(green)]
    return np.asarray(green <= _otsu(cells))


def _otsu(gray: NDArray[np.uint8]) -> int:
    counts = np.bincount(gray.ravel(), minlength=256).astype(np.float64)
    below, mass = counts.cumsum(), (counts * np.arange(256)).cumsum()
    above = below[-1] - below
    with np.errstate(invalid="ignore", divide="ignore"):
        between = below * above * (mass / below - (mass[-1] - mass) / above) ** 2
    return int(np.nanargmax(between))

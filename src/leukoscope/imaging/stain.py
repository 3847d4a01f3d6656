"""What did the dyes do, and what would another laboratory's have done?  Optical densities, two classic normalizations.

Both normalizations were made for hematoxylin and eosin on tissue sections. Blood smears are stained by Romanowsky's
method (May-Grünwald-Giemsa, Wright): azure B and eosin Y, which together make a third, purple color in nuclei (Horobin
and Walter 1987, "Understanding Romanowsky staining I", Histochemistry 86:331-336), besides the hemoglobin of red cells,
which is colored without any dye. docs/how_to/augment_data.md shows what follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.errors import UnsupportedImageError
from leukoscope.imaging.color import Background, estimate_background

Triple = tuple[float, float, float]
_Table = NDArray[np.float64]

RGB_OF_HED: tuple[Triple, Triple, Triple] = ((0.65, 0.70, 0.29), (0.07, 0.99, 0.11), (0.27, 0.57, 0.78))
"""Optical density in red, green and blue of hematoxylin, eosin and DAB.

Ruifrok and Johnston 2001, "Quantification of histochemical staining by color deconvolution", Anal Quant Cytol Histol
23:291-299, table 1, rounded as in scikit-image's `rgb_from_hed`.
"""

FRAME = 12
"""Pixels with no channel above this are a black frame or cut-out: no specimen, and left as they are."""
_STAINED = 0.15
"""Natural-log optical density above which a pixel counts as stained; beta of Macenko et al., section 2.

Asked of the channel that absorbs most. Asked of all three, as some programs do, it leaves out the whole nucleus
of BCCD's first field, whose purple lets blue light through.
"""
_EDGE_PERCENT = 1.0
"""Percentile of angles taken as a pure dye; alpha of Macenko et al., section 2."""
_FEWEST = 64
"""Stained pixels below which no dye can be told."""
_CUT_OUT = 0.1
"""Share of black frame above which a picture is a cell cut out on black: it shows no glass to measure light on."""


@dataclass(frozen=True, slots=True)
class ColorStatistics:
    """Mean and standard deviation of the three axes of l-alpha-beta (Ruderman et al. 1998)."""

    mean: Triple
    spread: Triple


@dataclass(frozen=True, slots=True)
class StainStatistics:
    """Two dyes and how strong they are.

    Attributes:
        first: Unit vector of optical density in red, green, blue: the bluer dye.
        second: The redder dye.
        strength: 99th percentile of the concentration of each.
        glass: Color of empty glass, in [0, 255]: the light before any dye.
        unexplained: Share of the optical density's energy that two dyes leave unexplained, in [0, 1].
    """

    first: Triple
    second: Triple
    strength: tuple[float, float]
    glass: Background
    unexplained: float


def normalize(pixels: Pixels, reference: ColorStatistics | StainStatistics) -> Pixels:
    """Bring a picture to a reference: Reinhard's way for statistics of colors, Macenko's for dyes.

    Raises:
        UnsupportedImageError: The picture is all black, or shows too little stain.
    """
    if isinstance(reference, ColorStatistics):
        return normalize_reinhard(pixels, reference)
    return normalize_macenko(pixels, reference)


def color_statistics(pixels: Pixels) -> ColorStatistics:
    """Statistics for `normalize_reinhard`; black frames are left out.

    Raises:
        UnsupportedImageError: The picture is all black.
    """
    seen = _to_lab(_specimen(pixels))
    return ColorStatistics(_triple(seen.mean(axis=0)), _triple(seen.std(axis=0)))


def normalize_reinhard(pixels: Pixels, reference: ColorStatistics) -> Pixels:
    """Bring mean and spread of each axis of l-alpha-beta to those of a reference.

    Both depend on what the picture shows: a field with more nuclei than the reference is made paler.

    Args:
        pixels: The picture; black frames stay black.
        reference: Statistics to reach.

    Raises:
        UnsupportedImageError: The picture is all black.

    References:
        Reinhard, Ashikhmin, Gooch, Shirley 2001, "Color transfer between images", equations 4 to 10.
    """
    own = color_statistics(pixels)
    factors = np.array(reference.spread) / np.maximum(np.array(own.spread), 1e-6)
    table = pixels.reshape(-1, 3)
    moved = (_to_lab(table) - np.array(own.mean)) * factors + np.array(reference.mean)
    return _outside_frame(pixels, np.exp(moved @ np.linalg.inv(LMS_TO_LAB).T) @ np.linalg.inv(RGB_TO_LMS).T)


def stain_statistics(pixels: Pixels) -> StainStatistics:
    """The two dyes that explain a picture best; black frames and glass are left out.

    Densities are told against the glass of the picture, not against white: the lamps of smears differ more than those
    of slide scanners.

    Raises:
        UnsupportedImageError: The picture shows too little stain.

    References:
        Macenko et al. 2009, "A method for normalizing histology slides for quantitative analysis", section 2.
    """
    glass = _glass(pixels)
    density = _density(_specimen(pixels), glass)
    stained = density[density.max(axis=1) > _STAINED]
    if len(stained) < _FEWEST:
        raise UnsupportedImageError(
            f"Only {len(stained)} pixels carry stain; at least {_FEWEST} are needed to tell dyes.",
            hint="Use a reference picture with stained cells, or normalize with reinhard.",
        )
    plane = np.linalg.eigh(np.cov(stained.T))[1][:, :0:-1]
    plane = plane * np.where(plane.sum(axis=0) < 0, -1, 1)
    angles = np.arctan2(*(stained @ plane).T[::-1])
    edges = np.percentile(angles, (_EDGE_PERCENT, 100 - _EDGE_PERCENT))
    dyes = plane @ np.stack([np.cos(edges), np.sin(edges)])
    # The bluer dye lets blue through: it absorbs red more than the other does.
    dyes = dyes[:, np.argsort(-dyes[0])]
    concentrations = np.linalg.lstsq(dyes, stained.T, rcond=None)[0]
    left = stained.T - dyes @ concentrations
    strength = np.percentile(concentrations, 99, axis=1)
    return StainStatistics(
        _triple(dyes[:, 0]),
        _triple(dyes[:, 1]),
        (float(strength[0]), float(strength[1])),
        glass,
        float((left**2).sum() / (stained**2).sum()),
    )


def normalize_macenko(pixels: Pixels, reference: StainStatistics) -> Pixels:
    """Take a picture apart into two dyes and put it together with the dyes of a reference.

    What is no mixture of two dyes changes its color: see the module's first lines.

    Args:
        pixels: The picture; black frames stay black.
        reference: Dyes to reach.

    Raises:
        UnsupportedImageError: The picture shows too little stain.

    References:
        Macenko et al. 2009, section 2.
    """
    own = stain_statistics(pixels)
    density = _density(pixels.reshape(-1, 3), own.glass)
    concentrations = np.linalg.lstsq(np.array([own.first, own.second]).T, density.T, rcond=None)[0]
    factors = np.array(reference.strength) / np.maximum(np.array(own.strength), 1e-6)
    reached = np.array([reference.first, reference.second]).T @ (concentrations * factors[:, None])
    return _outside_frame(pixels, np.exp(-reached.T) * np.array(reference.glass) / 255)


# Reinhard et al. 2001, equation 4 (red, green, blue to cones) and equation 6 (logarithms of cones to l-alpha-beta).
RGB_TO_LMS: _Table = np.array([[0.3811, 0.5783, 0.0402], [0.1967, 0.7244, 0.0782], [0.0241, 0.1288, 0.8444]])
LMS_TO_LAB: _Table = np.diag([1 / 3**0.5, 1 / 6**0.5, 1 / 2**0.5]) @ np.array(
    [[1.0, 1.0, 1.0], [1.0, 1.0, -2.0], [1.0, -1.0, 0.0]]
)


def _to_lab(table: NDArray[np.uint8]) -> _Table:
    cones = np.maximum(table, 1) / 255 @ RGB_TO_LMS.T
    return np.asarray(np.log(cones) @ LMS_TO_LAB.T)


def _glass(pixels: Pixels) -> Background:
    cut_out = (pixels.max(axis=2) <= FRAME).mean() > _CUT_OUT
    return (255.0, 255.0, 255.0) if cut_out else estimate_background(pixels)


def _density(table: NDArray[np.uint8], glass: Background) -> _Table:
    return np.asarray(np.log(np.array(glass) / np.maximum(table, 1)))


def _specimen(pixels: Pixels) -> NDArray[np.uint8]:
    seen: NDArray[np.uint8] = pixels[pixels.max(axis=2) > FRAME]
    if not len(seen):
        raise UnsupportedImageError("The picture is all black.", hint="Leave it out.")
    return seen


def _outside_frame(pixels: Pixels, table: _Table) -> Pixels:
    colors = np.clip(np.round(table * 255), 0, 255).astype(np.uint8).reshape(pixels.shape)
    return np.where((pixels.max(axis=2) > FRAME)[..., None], colors, pixels)


def _triple(values: _Table) -> Triple:
    first, second, third = (float(value) for value in values)
    return first, second, third

"""The figures behind a picture's quality: sharpness of its edges, and the color of what it shows."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.imaging.levels import brightest_channel

Floats = NDArray[np.float32]
Gray = NDArray[np.uint8]

_FINE, _COARSE = 1.0, 2.5
"""The two blurs (sigma in pixels) whose gradients are compared."""
_PIXEL_VARIANCE = 0.5
"""Square of the blur (in pixels) that any sampled edge has."""
_HALF_FOCUS = 0.34
"""Blur over the square root of object width at which focus is 0.5; 99 of 100 real pictures have focus above 0.2."""
_SCALES = 3
"""The picture, its half and its quarter are measured: noise looks sharp in the first, fine edges vanish in the last."""
_SMALLEST_SIDE = 60
_FEWEST_EDGES = 20
"""Pixels of strong edge below which a scale tells nothing."""


@dataclass(frozen=True, slots=True)
class Edges:
    """What the edges of a picture tell.

    Attributes:
        focus: Sharpness in [0, 1].
        strongest: Gray levels per pixel on the strongest 1 % of the picture.
        upright: Share of edge pixels that run along the rows or columns, in [0, 1]; 0.17 where directions are even.
        fine: Share of the contrast that is finer than two pixels, in [0, 1]: noise, print.
    """

    focus: float
    strongest: float
    upright: float
    fine: float


@dataclass(frozen=True, slots=True)
class Colors:
    """What the colors of a picture tell; all shares in [0, 1].

    Attributes:
        seen: Share of the picture that is not pure black.
        background: Mean RGB of the brightest part.
        covered: Share that is clearly darker than the background.
        stained: Share with the absorption of nuclear stain.
        green: Share of the covered part that lets green through best: no blood stain does.
        yellow: Share of the covered part that absorbs blue far more than red and green.
        blue: Share of the covered part that absorbs red far more than green.
        color: Mean difference of absorption between channels on the covered part; 0 is gray.
        spread: Largest standard deviation of a channel, in gray levels.
        clipped: Share of pixels at the end of the range.
    """

    seen: float
    background: tuple[float, float, float]
    covered: float
    stained: float
    green: float
    yellow: float
    blue: float
    color: float
    spread: float
    clipped: float


def measure_edges(gray: Gray) -> Edges:
    """Measure sharpness where there are edges.

    An edge blurred with sigma s has, after a further blur t, the peak gradient c / sqrt(s^2 + t^2); the ratio of two
    such gradients gives s (Zhuo & Sim 2011, "Defocus map estimation from a single image", section 3). The sharper
    quarter of the strong edges counts: nuclei and cytoplasm have soft ones by nature. Because the same defocus is wider
    in a picture of higher magnification, s is set against the square root of the width of what is seen.

    Args:
        gray: Gray picture, at most about 640 pixels wide.
    """
    smooth = _blurred(gray, _FINE)
    across, down = _slopes(smooth)
    fine = np.asarray(cv2.magnitude(across, down), np.float32)
    strong = fine >= _strong(fine)
    detail = cv2.meanStdDev(cv2.subtract(gray, smooth, dtype=cv2.CV_16S))[1]
    return Edges(
        focus=_focus(gray, fine) if strong.any() else 0.0,
        strongest=float(np.percentile(fine[::2, ::2], 99)),
        upright=_upright_share(across[strong], down[strong]),
        fine=float(detail[0, 0]) / max(float(gray.std()), 1.0),
    )


def _strong(slopes: Floats) -> float:
    return max(2.0, float(np.percentile(slopes[::2, ::2], 90)))


def _blurred(gray: Gray, sigma: float) -> Gray:
    return np.asarray(cv2.GaussianBlur(gray, (0, 0), sigma), np.uint8)


def _slopes(gray: Gray) -> tuple[Floats, Floats]:
    across, down = (cv2.Scharr(gray, cv2.CV_32F, *way, scale=1 / 32) for way in ((1, 0), (0, 1)))
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _focus(gray: Gray, fine: Floats) -> float:
    level = gray
    inside = cv2.erode((gray > 8).astype(np.uint8), np.ones((9, 9), np.uint8))  # the border of a cut-out is no edge
    variances = [_edge_variance(level, fine, np.asarray(inside, np.uint8))]
    for scale in range(1, _SCALES):
        if min(level.shape) < 2 * _SMALLEST_SIDE:
            break
        level = np.asarray(cv2.resize(level, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        mask = cv2.resize(inside, level.shape[::-1], interpolation=cv2.INTER_NEAREST)
        fine = np.asarray(cv2.magnitude(*_slopes(_blurred(level, _FINE))), np.float32)
        found = _edge_variance(level, fine, np.asarray(mask, np.uint8))
        variances.append([value * 4**scale for value in found])
    known = [value for values in variances for value in values]
    if not known:
        return 0.0
    blur = (sum(known) / len(known) / _object_width(gray)) ** 0.5
    return float(1 / (1 + (blur / _HALF_FOCUS) ** 3))


def _edge_variance(gray: Gray, fine: Floats, inside: Gray) -> list[float]:
    """Square of the blur of the sharper edges, in pixels of this picture, beyond that of sampling; empty if unknown."""
    coarse = np.asarray(cv2.magnitude(*_slopes(_blurred(gray, _COARSE))), np.float32)
    strong = (fine >= _strong(fine)) & (inside > 0)
    if np.count_nonzero(strong) < _FEWEST_EDGES:
        return []
    ratio = float(np.percentile(fine[strong] / np.maximum(coarse[strong], 0.1), 75))
    ratio = min(max(ratio, 1.02), 0.999 * _COARSE / _FINE)
    return [max((_COARSE**2 - ratio**2 * _FINE**2) / (ratio**2 - 1) - _PIXEL_VARIANCE, 0.0)]


def _object_width(gray: Gray) -> float:
    """Mean length of a row or column through what is darker than Otsu's threshold, in pixels, at least 8."""
    smooth = _blurred(gray, 1.5)
    seen = smooth > 8
    if np.count_nonzero(seen) < 100:
        return 8.0
    threshold, _ = cv2.threshold(smooth[seen].reshape(-1, 1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    dark = (smooth < threshold) & seen
    starts = np.count_nonzero(dark[:, 1:] & ~dark[:, :-1]) + np.count_nonzero(dark[1:] & ~dark[:-1])
    return max(8.0, 2 * int(np.count_nonzero(dark)) / max(int(starts), 1))


def _upright_share(across: Floats, down: Floats) -> float:
    if not across.size:
        return 0.0
    wide, tall = np.abs(across), np.abs(down)
    return float(np.mean(np.minimum(wide, tall) < 0.13 * np.maximum(wide, tall)))


def measure_colors(pixels: Pixels) -> Colors:
    """Measure absorption (natural logarithm of background over value) against the picture's own background.

    Args:
        pixels: RGB picture, at most about 256 pixels wide.
    """
    seen = brightest_channel(pixels) > 12
    if np.count_nonzero(seen) < 100:
        return Colors(float(seen.mean()), (0.0, 0.0, 0.0), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    gray = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)[seen]
    channels = [pixels[..., channel][seen] for channel in range(3)]
    low, high = np.percentile(gray, [75, 95])
    bright = (gray >= low) & (gray <= high + 1)
    background = [float(channel[bright].mean()) for channel in channels]
    red, green, blue = (_absorbed(channel, white) for channel, white in zip(channels, background, strict=True))
    most = np.maximum(np.maximum(red, green), blue)
    least = np.minimum(np.minimum(red, green), blue)
    covered = most > 0.12
    return Colors(
        seen=float(seen.mean()),
        background=(background[0], background[1], background[2]),
        covered=float(covered.mean()),
        stained=float(np.count_nonzero((red > 0.22) & (green > 0.3) & (green > blue + 0.1))) / seen.size,
        green=_share(green < np.minimum(red, blue) - 0.05, covered),
        yellow=_share(blue > np.maximum(red, green) + 0.15, covered),
        blue=_share(red > green + 0.25, covered),
        color=float((most - least)[covered].mean()) if covered.any() else 0.0,
        spread=max(float(channel.std()) for channel in channels),
        clipped=_clipped(pixels, seen),
    )


def _share(which: NDArray[np.bool_], part: NDArray[np.bool_]) -> float:
    return int(np.count_nonzero(which & part)) / max(int(np.count_nonzero(part)), 1)


def _absorbed(values: Gray, background: float) -> Floats:
    table = -np.log((np.arange(256, dtype=np.float32) + 2) / np.float32(background + 2))
    return np.asarray(table, np.float32)[values]


def _clipped(pixels: Pixels, seen: NDArray[np.bool_]) -> float:
    """White pixels, and black ones unless they are the surround of a cell that was cut out."""
    darkest = np.minimum(np.minimum(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    white = np.count_nonzero(darkest >= 254)
    black = 0 if is_cut_out(pixels) else np.count_nonzero(~seen)
    return float(white + black) / seen.size


def is_cut_out(pixels: Pixels) -> bool:
    """Whether a single cell was cut out and laid on black: at least three corners are pure black, the middle is not."""
    side = max(2, min(pixels.shape[:2]) // 20)
    corners = (pixels[:side, :side], pixels[:side, -side:], pixels[-side:, :side], pixels[-side:, -side:])
    rows, columns = pixels.shape[0] // 2, pixels.shape[1] // 2
    middle = pixels[rows - side : rows + side, columns - side : columns + side]
    return sum(int(corner.max()) <= 12 for corner in corners) >= 3 and int(middle.max()) > 12

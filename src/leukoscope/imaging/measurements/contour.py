"""How does the border of the nucleus run: its distance from the middle, and its fractal dimension?"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.cell_masks import Bools
from leukoscope.imaging.measurements.definition import Measurement, Values
from leukoscope.imaging.measurements.view import CellView

Curve = NDArray[np.float64]
"""Points x, y of a closed curve, shape (points, 2); the last joins the first."""

_SMALLEST_AREA = 12
"""Pixels of a nucleus below which its border says nothing."""
_POINTS = 128
_HARMONICS = 6
_FINEST_WAVE = 16
"""Harmonics above it are steps of pixels, not shape; they are taken off before extrema are counted."""
_PROMINENCE = 0.05
"""A maximum counts where it stands out by this share of the mean distance."""
_SOFT = 0.7
"""Pixels by which a mask is blurred before its border is followed, which takes off the steps."""
_BOXES = 2.0 ** -np.arange(2, 5.01, 0.5)
"""Sides of the boxes, as shares of the diameter of the nucleus: a quarter to a thirty-second."""
_SMALLEST_BOX = 2.0
"""Pixels; finer boxes would count the steps of pixels."""
_SHIFTS = (np.arange(4) + 0.5) / 4
"""Where grids begin, as shares of a box, in both directions; none lies symmetric to the middle of the nucleus."""

_SIGNATURE = (
    "Zhang & Lu 2004, Review of shape representation and description techniques, section 3.2 (centroid distance)"
)
_FOURIER = "Zhang & Lu 2002, A comparative study of Fourier descriptors for shape representation and retrieval"
MEASUREMENTS = (
    Measurement(
        "nucleus_signature_mean", "contour",
        "mean distance r of the border of the largest part of the nucleus from that part's centroid, over the radius "
        "of the circle of its area; r at 128 points equally far apart along the border; 1 for a circle",
        _SIGNATURE,
    ),
    Measurement("nucleus_signature_variance", "contour", "variance of r over the square of its mean", _SIGNATURE),
    Measurement(
        "nucleus_signature_maxima", "contour",
        "maxima of r that stand out by at least 5 % of its mean, waves above the 16th taken off; 0 for a circle, "
        "2 for an ellipse",
        "leukoscope", unit="count",
    ),
    *(
        Measurement(
            f"nucleus_fourier_{number}", "contour",
            f"amplitude of harmonic {number} of r, |R_{number}| / |R_0| of its discrete Fourier transform", _FOURIER,
        )
        for number in range(1, _HARMONICS + 1)
    ),
    Measurement(
        "nucleus_box_dimension", "contour",
        "box-counting (Hausdorff) dimension of the border of all parts: slope of log(boxes met) over log(1 / side), "
        "sides from 1/4 to 1/32 of the nucleus's diameter but at least 2 pixels, boxes averaged over 16 places of the "
        "grid; 1 for a smooth border; none for nuclei below 24 pixels",
        "Mandelbrot 1982, The fractal geometry of nature; Falconer 2014, Fractal geometry, section 2.1",
    ),
)  # fmt: skip


def measure_contour(view: CellView) -> Values:
    """Signature of the largest part, dimension of the whole border; nothing without a nucleus worth following."""
    curves = border_curves(view.nucleus)
    if not curves:
        return {}
    values = dict(_signature(max(curves, key=_area)))
    dimension = box_dimension(curves, math.sqrt(4 * np.count_nonzero(view.nucleus) / math.pi))
    if dimension is not None:
        values["nucleus_box_dimension"] = dimension
    return values


def border_curves(mask: Bools) -> list[Curve]:
    """Outer border of every part, finer than a pixel; parts below 12 pixels are left out."""
    from skimage.measure import find_contours

    if np.count_nonzero(mask) < _SMALLEST_AREA:
        return []
    soft = cv2.GaussianBlur(np.pad(mask.astype(np.float32), 3), (0, 0), _SOFT)
    curves = [found[:-1, ::-1] - 3 for found in find_contours(soft, 0.5)]
    # The direction tells borders from holes: scikit-image keeps what is high on the left.
    return [curve for curve in curves if _signed_area(curve) > 0 and _area(curve) >= _SMALLEST_AREA]


def box_dimension(curves: list[Curve], diameter: float) -> float | None:
    """Box-counting dimension of closed curves; None where they are too small for four sizes of boxes.

    Args:
        curves: Closed curves in pixels.
        diameter: Of the whole they surround, in pixels.
    """
    sides = _BOXES * diameter
    sides = sides[sides >= _SMALLEST_BOX]
    if len(sides) < 4:
        return None
    points = np.concatenate([_resampled(curve, step=sides[-1] / 6) for curve in curves])
    points = points - (points.min(axis=0) + points.max(axis=0)) / 2
    counts = [_mean_boxes(points / side) for side in sides]
    return float(np.polyfit(np.log(1 / sides), np.log(counts), 1)[0])


def _mean_boxes(points: Curve) -> float:
    """Boxes of side 1 that hold a point, averaged over the places of the grid."""
    x, y = (np.floor(points[:, axis] + _SHIFTS[:, None]).astype(np.int64) for axis in (0, 1))
    x, y = x - x.min(), y - y.min()
    width, height = int(x.max()) + 1, int(y.max()) + 1
    grid = np.arange(len(_SHIFTS) ** 2).reshape(len(_SHIFTS), -1, 1) * width * height
    met = np.bincount((grid + y[:, None] * width + x[None]).ravel())
    return np.count_nonzero(met) / len(_SHIFTS) ** 2


def _signature(curve: Curve) -> Values:
    points = _resampled(curve, count=_POINTS)
    distance = np.hypot(*(points - _centroid(curve)).T)
    waves = np.fft.rfft(distance)
    mean = float(distance.mean())
    waves_kept = waves.copy()
    waves_kept[_FINEST_WAVE + 1 :] = 0
    values = {
        "nucleus_signature_mean": mean / math.sqrt(_area(curve) / math.pi),
        "nucleus_signature_variance": float(distance.var()) / mean**2,
        "nucleus_signature_maxima": float(count_maxima(np.fft.irfft(waves_kept, _POINTS) / mean, _PROMINENCE)),
    }
    amplitudes = np.abs(waves[1 : _HARMONICS + 1]) / np.abs(waves[0])
    return values | {f"nucleus_fourier_{n}": float(amplitude) for n, amplitude in enumerate(amplitudes, start=1)}


def count_maxima(circle: NDArray[np.float64], prominence: float) -> int:
    """Maxima around a circle that rise and fall by at least `prominence`.

    Example:
        >>> count_maxima(np.cos(3 * np.linspace(0, 2 * np.pi, 60, endpoint=False)), 0.5)
        3
    """
    around = np.roll(circle, -int(circle.argmin()))
    maxima, low, high = 0, around[0], None
    for value in [*around, around[0]]:
        if high is None:
            low = min(low, value)
            high = value if value >= low + prominence else None
        else:
            high = max(high, value)
            if value <= high - prominence:
                maxima, low, high = maxima + 1, value, None
    return maxima


def _resampled(curve: Curve, *, count: int = 0, step: float = 0.0) -> Curve:
    """Points equally far apart along a closed curve: `count` of them, or about `step` apart."""
    closed = np.concatenate([curve, curve[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    count = count or max(8, math.ceil(along[-1] / step))
    wanted = np.arange(count) * (along[-1] / count)
    return np.stack([np.interp(wanted, along, closed[:, axis]) for axis in (0, 1)], axis=1)


def _signed_area(curve: Curve) -> float:
    x, y = curve.T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def _area(curve: Curve) -> float:
    return abs(_signed_area(curve))


def _centroid(curve: Curve) -> NDArray[np.float64]:
    """Of the area inside, not of the points (Bourke 1988)."""
    onward = np.roll(curve, -1, axis=0)
    cross = curve[:, 0] * onward[:, 1] - onward[:, 0] * curve[:, 1]
    return np.asarray(((curve + onward) * cross[:, None]).sum(axis=0) / (3 * cross.sum()))

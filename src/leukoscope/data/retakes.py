"""Which pictures show the same field or the same cell again, shifted?

Hashes miss a shifted retake, so every picture is compared with every other by phase correlation on small spectra, and
what stands out is verified at full size by normalized cross-correlation where the two overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from leukoscope.domain.images import Pixels
from leukoscope.errors import InvalidValueError

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RetakeSearch:
    """How retakes are searched.

    Attributes:
        coarse_side: Side of the small pictures compared all with all, in pixels.
        candidates: How many of the best-matching others of each picture are verified.
        min_overlap: Smallest shared part of the picture that counts as overlap.
        min_similarity: Smallest normalized cross-correlation on the overlap, at full size, of a retake.
        fine_blur_px: Blur before the verification, so that focus and JPEG noise matter less, in pixels.
        slow_blur_px: What a blur this wide leaves is taken away before: illumination, and where it is small also the
            outline that two cells of one kind share, in pixels.
    """

    coarse_side: int = 56
    candidates: int = 6
    min_overlap: float = 0.2
    min_similarity: float = 0.6
    fine_blur_px: float = 1.5
    slow_blur_px: float = 28.0


@dataclass(frozen=True, slots=True, order=True)
class Retake:
    """Two pictures (by position in the list searched) of one field, and how alike their overlap is."""

    first: int
    second: int
    similarity: float


def find_retakes(
    pictures: Sequence[Pixels],
    mask: NDArray[np.bool_],
    search: RetakeSearch,
    *,
    after_each: Callable[[int], None] = lambda done: None,
) -> tuple[Retake, ...]:
    """Pairs of pictures that show the same thing, shifted by any whole number of pixels.

    Args:
        pictures: Square pictures of one size.
        mask: True where a picture may be looked at (False over a burnt-in scale bar), same size.
        search: How to search.
        after_each: Called with the number of pictures compared so far.

    Raises:
        InvalidValueError: The pictures and the mask differ in size.
    """
    if any(one.shape[:2] != mask.shape for one in pictures):
        raise InvalidValueError(f"All pictures must have the size of the mask, {mask.shape}.")
    details = np.stack([_detail(one, mask, search) for one in pictures])
    spectra = _whitened_spectra(details, search.coarse_side)
    pairs: set[tuple[int, int]] = set()
    for row, peaks in enumerate(_correlation_peaks(spectra)):
        best = np.argsort(-peaks[row + 1 :], kind="stable")[: search.candidates] + row + 1
        pairs.update((row, int(other)) for other in best)
        after_each(row + 1)
    found = (_verify(details, mask, first, second, search) for first, second in sorted(pairs))
    return tuple(pair for pair in found if pair is not None)


def _detail(picture: Pixels, mask: NDArray[np.bool_], search: RetakeSearch) -> Floats:
    """Gray picture without its slow changes and without what the mask hides; unit variance."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    gray[~mask] = gray[mask].mean()
    smooth = cv2.GaussianBlur(gray, (0, 0), search.fine_blur_px)
    detail = np.asarray(smooth - cv2.GaussianBlur(gray, (0, 0), search.slow_blur_px), dtype=np.float32)
    detail[~mask] = 0
    return np.asarray(detail / (detail[mask].std() + 1e-6), dtype=np.float32)


def _whitened_spectra(details: Floats, side: int) -> NDArray[np.complex64]:
    """Spectra of the small pictures with every frequency of the same weight, tapered at the edges."""
    window = np.sqrt(np.outer(np.hanning(side), np.hanning(side))).astype(np.float32)
    small = np.stack([cv2.resize(one, (side, side), interpolation=cv2.INTER_AREA) for one in details])
    small -= small.mean(axis=(1, 2), keepdims=True)
    spectra = fft.rfft2(small * window)
    # Square-root whitening: between plain and pure phase correlation, which noise of the highest frequencies rules.
    spectra /= np.sqrt(np.abs(spectra)) + 1e-6
    power = np.sqrt((np.abs(fft.irfft2(spectra, s=(side, side))) ** 2).sum(axis=(1, 2)))
    return np.asarray(spectra / power[:, None, None], dtype=np.complex64)


def _correlation_peaks(spectra: NDArray[np.complex64]) -> Iterator[Floats]:
    """For each picture the peak of its correlation with every later one (-1 for itself and the earlier ones)."""
    side = spectra.shape[1]
    for row in range(len(spectra)):
        peaks = np.full(len(spectra), -1, dtype=np.float32)
        later = spectra[row + 1 :]
        if len(later):
            surface = fft.irfft2(later * np.conj(spectra[row]), s=(side, side))
            peaks[row + 1 :] = surface.max(axis=(1, 2))
        yield peaks


def _verify(details: Floats, mask: NDArray[np.bool_], first: int, second: int, search: RetakeSearch) -> Retake | None:
    side = details.shape[1]
    one, other = details[first], details[second]
    product = fft.rfft2(one) * np.conj(fft.rfft2(other))
    surface = fft.irfft2(product / (np.sqrt(np.abs(product)) + 1e-6), s=(side, side))
    best = 0.0
    for flat in np.argsort(surface, axis=None)[::-1][:3]:
        down, right = np.unravel_index(int(flat), surface.shape)
        for dy in (int(down), int(down) - side):
            for dx in (int(right), int(right) - side):
                best = max(best, _similarity(one, other, mask, dy, dx, search.min_overlap))
    return Retake(first, second, round(best, 4)) if best >= search.min_similarity else None


def _similarity(one: Floats, other: Floats, mask: NDArray[np.bool_], dy: int, dx: int, min_overlap: float) -> float:
    """Normalized cross-correlation where `other`, moved by (dy, dx), lies over `one`."""
    side = one.shape[0]
    if (side - abs(dy)) * (side - abs(dx)) < min_overlap * side * side:
        return 0.0
    here = (slice(max(dy, 0), side + min(dy, 0)), slice(max(dx, 0), side + min(dx, 0)))
    there = (slice(max(-dy, 0), side + min(-dy, 0)), slice(max(-dx, 0), side + min(-dx, 0)))
    both = mask[here] & mask[there]
    a, b = one[here][both], other[there][both]
    if a.size < 16:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / (np.sqrt((a * a).sum() * (b * b).sum()) + 1e-6))

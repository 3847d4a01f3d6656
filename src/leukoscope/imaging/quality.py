"""Is a picture fit to be read?  Focus, exposure, emptiness, stain; each warned of in the user's words."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import ImageQuality, Pixels, SmearImage

Floats = NDArray[np.float32]
Gray = NDArray[np.uint8]


def judge_quality(image: SmearImage) -> ImageQuality:
    """Judge how fit a picture is to be read.

    Args:
        image: A picture of a smear or of one cell.

    Returns:
        The figures and one sentence per fault; no sentence means that no fault was seen, not that there is none.
    """
    pixels = _working_copy(image.pixels)
    gray = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    seen = gray > 4
    background = float(np.percentile(gray[seen], 90)) if seen.any() else 0.0
    high = float(np.count_nonzero(gray >= 254)) / gray.size
    covered = float(np.count_nonzero(seen & (gray < 0.85 * background))) / gray.size
    depth = -np.log((pixels[..., 0].astype(np.float32) + 1) / (background + 1))
    stained = float(np.count_nonzero(seen & (depth > 0.35))) / gray.size
    return ImageQuality(_focus(gray), background, high, stained, covered)


def _working_copy(pixels: Pixels) -> Pixels:
    step = max(1, max(pixels.shape[:2]) // 1280)
    return np.ascontiguousarray(pixels[::step, ::step])


def _focus(gray: Gray) -> float:
    fine = _gradient(np.asarray(cv2.GaussianBlur(gray, (0, 0), 1.0), np.uint8))
    coarse = _gradient(np.asarray(cv2.GaussianBlur(gray, (0, 0), 2.0), np.uint8))
    strong = fine > max(4.0, float(np.percentile(fine, 95)))
    if not strong.any():
        return 0.0
    ratio = float(np.percentile(fine[strong] / np.maximum(coarse[strong], 1e-3), 70))
    return float(np.clip((ratio - 1.0) / 0.8, 0.0, 1.0))


def _gradient(gray: Gray) -> Floats:
    across = cv2.Scharr(gray, cv2.CV_32F, 1, 0)
    down = cv2.Scharr(gray, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(across, down) / 32, np.float32)

"""What can be recognized in a picture?  Its keypoints: places with a scale, an angle and a description (SIFT).

A description does not change when the picture is shifted, turned, scaled, brightened or saved again, so pictures of one
field share many. That of the mirrored picture follows from it without looking again.

References:
    Lowe 2004, "Distinctive Image Features from Scale-Invariant Keypoints".
    Arandjelovic and Zisserman 2012, "Three things everyone should know to improve object retrieval" (RootSIFT).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
Floats = NDArray[np.float32]
Codes = NDArray[np.uint8]
Ints = NDArray[np.int64]

_UNIT = 512.0
"""Length of a description as it is stored: its 128 numbers then fit in a byte each."""


@dataclass(frozen=True, slots=True)
class Keypoints:
    """Keypoints of one picture, strongest first.

    Attributes:
        places: x, y, diameter (pixels of the picture they were found in) and angle (degrees, clockwise), shape (n, 4).
        codes: RootSIFT descriptions, shape (n, 128).
    """

    places: Floats
    codes: Codes

    def __len__(self) -> int:
        """Number of keypoints."""
        return len(self.places)


def find_keypoints(gray: Gray, most: int) -> Keypoints:
    """The strongest keypoints of a gray picture.

    Args:
        gray: Shape (height, width).
        most: How many to keep.
    """
    # Low thresholds: cells out of focus have little contrast; `most` drops the weak ones where there are better.
    # Precise: else every keypoint lies a quarter pixel off, and those of a turned copy half a pixel from their own.
    finder = cv2.SIFT_create(  # type: ignore[attr-defined]
        nfeatures=most, contrastThreshold=0.01, edgeThreshold=20, enable_precise_upscale=True
    )
    found, codes = finder.detectAndCompute(gray, None)
    if codes is None:
        return Keypoints(np.empty((0, 4), np.float32), np.empty((0, 128), np.uint8))
    order = np.argsort([-one.response for one in found], kind="stable")[:most]
    places = np.array([(one.pt[0], one.pt[1], one.size, one.angle) for one in found], np.float32)[order]
    shares = codes[order] / (codes[order].sum(axis=1, keepdims=True) + 1e-6)
    return Keypoints(places, np.clip(np.sqrt(shares) * _UNIT + 0.5, 0, 255).astype(np.uint8))


def mirror_codes(codes: Codes) -> Codes:
    """The descriptions that the same keypoints have in the picture mirrored left to right."""
    # SIFT lays 4 x 4 squares of 8 directions in the keypoint's own frame; mirroring turns its second axis around.
    grid = codes.reshape(-1, 4, 4, 8)[:, ::-1, :, (8 - np.arange(8)) % 8]
    return np.ascontiguousarray(grid.reshape(-1, 128))


def mirror_places(places: Floats, width: int) -> Floats:
    """Where the same keypoints lie in the picture mirrored left to right."""
    mirrored = places.copy()
    mirrored[:, 0] = width - 1 - places[:, 0]
    mirrored[:, 3] = (180 - places[:, 3]) % 360
    return mirrored

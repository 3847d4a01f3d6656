"""The pictures of a search: each looked at once, and seen again, small and gray, when a pair is verified."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from leukoscope.data.copies.keypoints import Gray, Keypoints, find_keypoints
from leukoscope.data.copies.perceptual import hashes_of_turns
from leukoscope.domain.images import Pixels
from leukoscope.errors import InputError
from leukoscope.imaging.reading import read_image

Source = Path | Callable[[], Pixels]
"""A file, or a function that gives the upright RGB pixels whenever they are needed."""


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """What is kept of every picture: about 10 kB.

    Attributes:
        keypoints: In the working copy.
        hashes: Perceptual hashes of the eight turns and flips.
        width: Of the working copy, in pixels.
        height: Of the working copy.
        scale: How many times larger the picture itself is.
        file_digest: Hash of the file; empty where there is none.
        pixel_digest: Hash of the pixels.
    """

    keypoints: Keypoints
    hashes: tuple[str, ...]
    width: int
    height: int
    scale: float
    file_digest: str
    pixel_digest: str


class Gallery:
    """Small gray working copies, read when needed; only the last ones used are kept.

    Args:
        sources: Where the pictures come from.
        side: Longer side of a working copy, in pixels; smaller pictures stay as they are.
        kept: How many working copies are held, at most `side`² bytes each.
    """

    def __init__(self, sources: Sequence[Source], *, side: int, kept: int) -> None:
        self._sources = sources
        self._side = side
        self._kept = kept
        self._copies: OrderedDict[int, Gray] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self._sources)

    def look(self, number: int, most_keypoints: int) -> Traits | None:
        """The traits of a picture; None when it cannot be read."""
        source = self._sources[number]
        try:
            pixels, file_digest = _read(source)
        except InputError:
            return None
        gray = self._working_copy(pixels)
        self._keep(number, gray)
        return Traits(
            keypoints=find_keypoints(gray, most_keypoints),
            hashes=hashes_of_turns(pixels),
            width=gray.shape[1],
            height=gray.shape[0],
            scale=pixels.shape[1] / gray.shape[1],
            file_digest=file_digest,
            pixel_digest=_digest(pixels),
        )

    def gray(self, number: int) -> Gray:
        """The working copy of a picture that could be read before."""
        with self._lock:
            held = self._copies.get(number)
            if held is not None:
                self._copies.move_to_end(number)
                return held
        gray = self._working_copy(_read(self._sources[number])[0])
        self._keep(number, gray)
        return gray

    def _keep(self, number: int, gray: Gray) -> None:
        with self._lock:
            self._copies[number] = gray
            while len(self._copies) > self._kept:
                self._copies.popitem(last=False)

    def _working_copy(self, pixels: Pixels) -> Gray:
        gray = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
        shrink = self._side / max(gray.shape)
        if shrink < 1:
            size = (max(1, round(gray.shape[1] * shrink)), max(1, round(gray.shape[0] * shrink)))
            gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
        return np.asarray(gray, np.uint8)


def _read(source: Source) -> tuple[Pixels, str]:
    if isinstance(source, Path):
        image = read_image(source)
        return image.pixels, image.sha256
    return source(), ""


def _digest(pixels: Pixels) -> str:
    return hashlib.sha256(repr(pixels.shape).encode() + np.ascontiguousarray(pixels).tobytes()).hexdigest()

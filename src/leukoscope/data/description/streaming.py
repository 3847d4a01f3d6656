"""Reads the pictures of a set one after the other: numbers, mean pictures and samples stay, pixels go."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.description.picture_numbers import NUMBERS, measure_picture
from leukoscope.data.description.values import ClassPictures, Unreadable
from leukoscope.domain.images import Pixels
from leukoscope.errors import InputError
from leukoscope.imaging.drawing import PAD
from leukoscope.imaging.preprocessing import resize
from leukoscope.imaging.reading import read_image

MEAN_SIDE = 96
SAMPLES = 8
"""Pictures of a class that are shown."""
MOST_CLASSES_SHOWN = 40
_AT_ONCE = 64
"""Pictures in memory at a time."""

WidthAndHeight = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A picture to be read: its row in the manifest, its path there, its file and its class."""

    row: int
    path: str
    file: Path
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class PictureRead:
    """What stays of a picture that was read.

    Attributes:
        asked: Which one it is.
        numbers: Its numbers, as `NUMBERS`.
        size: Width and height in pixels.
        sha256: Hash of its file.
        square: The whole picture at `MEAN_SIDE` squared.
        fitted: The picture as large as fits into that square, on gray.
        model_input: The picture at the size a model takes, where one was asked for.
    """

    asked: Asked
    numbers: NDArray[np.float64]
    size: WidthAndHeight
    sha256: str
    square: Pixels
    fitted: Pixels
    model_input: Pixels | None


def read_pictures(
    asked: Sequence[Asked], model_size: WidthAndHeight | None, for_model: frozenset[int]
) -> Iterator[PictureRead | Unreadable]:
    """Read and measure pictures on all cores, in their order, a few in memory at a time.

    Args:
        asked: What to read.
        model_size: Size of the pictures that a model takes; None where no model is asked.
        for_model: Rows whose pictures are wanted at that size.
    """

    def read(one: Asked) -> PictureRead | Unreadable:
        return _read(one, model_size if one.row in for_model else None)

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        for start in range(0, len(asked), _AT_ONCE):
            yield from workers.map(read, asked[start : start + _AT_ONCE])


def _read(one: Asked, model_size: WidthAndHeight | None) -> PictureRead | Unreadable:
    try:
        image = read_image(one.file)
        file_bytes = one.file.stat().st_size
    except (InputError, OSError) as fault:
        return Unreadable(one.path, str(fault))
    pixels = image.pixels
    return PictureRead(
        asked=one,
        numbers=measure_picture(pixels, file_bytes),
        size=(pixels.shape[1], pixels.shape[0]),
        sha256=image.sha256,
        square=resize(pixels, MEAN_SIDE, MEAN_SIDE),
        fitted=_fitted(pixels),
        model_input=None if model_size is None else resize(pixels, *model_size),
    )


def _fitted(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    factor = MEAN_SIDE / max(height, width)
    small = resize(pixels, max(1, round(width * factor)), max(1, round(height * factor)))
    square = np.full((MEAN_SIDE, MEAN_SIDE, 3), PAD, np.uint8)
    top, left = (MEAN_SIDE - small.shape[0]) // 2, (MEAN_SIDE - small.shape[1]) // 2
    square[top : top + small.shape[0], left : left + small.shape[1]] = small
    return square


@dataclass(slots=True, eq=False)
class Collected:
    """Gathers what stays of the pictures: one row of numbers each, and sums a class.

    Args:
        shown: Rows whose pictures are kept as samples.
    """

    shown: frozenset[int]
    numbers: list[NDArray[np.float64]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    sizes: list[WidthAndHeight] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    _sums: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    _samples: dict[str, list[tuple[str, Pixels]]] = field(default_factory=dict)

    def add(self, picture: PictureRead) -> None:
        """Take in one picture."""
        label = picture.asked.label
        self.numbers.append(picture.numbers)
        self.rows.append(picture.asked.row)
        self.labels.append(label)
        self.sizes.append(picture.size)
        self.hashes.append(picture.sha256)
        if label not in self._sums:
            self._sums[label] = np.zeros(picture.square.shape)
        self._sums[label] += picture.square
        if picture.asked.row in self.shown:
            self._samples.setdefault(label, []).append((picture.asked.path, picture.fitted))

    def table(self) -> NDArray[np.float64]:
        """The numbers, shape (pictures, numbers)."""
        return np.stack(self.numbers) if self.numbers else np.zeros((0, len(NUMBERS)))

    def gallery(self) -> tuple[ClassPictures, ...]:
        """Mean and samples of each class, by name; the largest classes where there are very many."""
        counts = {label: self.labels.count(label) for label in self._sums}
        kept = sorted(sorted(counts, key=lambda label: (-counts[label], label))[:MOST_CLASSES_SHOWN])
        return tuple(
            ClassPictures(
                label,
                counts[label],
                np.round(self._sums[label] / counts[label]).astype(np.uint8),
                tuple(self._samples.get(label, ())),
            )
            for label in kept
        )


def choose_samples(asked: Sequence[Asked], rng: np.random.Generator, per_class: int = SAMPLES) -> frozenset[int]:
    """Rows whose pictures stand for their class, some of each, drawn at random."""
    by_class: dict[str, list[int]] = {}
    for one in asked:
        by_class.setdefault(one.label, []).append(one.row)
    chosen = [rng.permutation(rows)[:per_class] for _, rows in sorted(by_class.items())]
    return frozenset(int(row) for rows in chosen for row in rows)

"""Does the shipped segmenter outline better when it is asked in another way?  Without training anything again.

    python benchmarks/segmentation_inference.py ../shared/data [--bundle FOLDER] [--out table.md]

Tried are: the mean over mirrored and turned windows, other thresholds, other ways of enlarging the maps to the size of
the picture, and always a second look around what was found; each cell is looked at once otherwise, and nothing is cut.
Only validation parts are asked, and the training part of JTSC, of which the shipped one learned nothing. Gains are
of the mean Dice over the same cells, with their standard error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import read_bundle
from leukoscope.data.manifest import Part
from leukoscope.data.manifest_files import read_manifest
from leukoscope.data.masked_pictures import MaskedPicture, load_masked
from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box
from leukoscope.experiments.segmentation_scores import score_outlines
from leukoscope.imaging.outlining.masks import masks_from_maps
from leukoscope.imaging.outlining.square import Square, cut_square, square_around
from leukoscope.imaging.tiles import glass_of
from leukoscope.inference.segmenter import Segmenter

Floats = NDArray[np.float32]

HERE = Path(__file__).parents[1]
SPLITS = HERE / "recipes" / "splits"
SHIPPED = HERE / "src" / "leukoscope" / "bundled" / "cell-segmenter"
ASKED: tuple[tuple[str, Part], ...] = (("bccd", "validation"), ("jtsc-wbc", "validation"), ("jtsc-wbc", "train"))
HEAD = ("asked how", "set", "part", "cells", "nucleus Dice", "gain", "cell Dice", "gain")
LEAST = 1e-4


@dataclass(frozen=True, slots=True)
class How:
    """How the segmenter is asked.

    Attributes:
        name: In the table.
        turns: How many mirrored and turned windows are averaged: 1, 2, 4 or 8.
        threshold: From which value of a map on a pixel belongs.
        enlarged: OpenCV's way of enlarging maps.
        by_logits: Enlarge log odds instead of probabilities.
        second: Always look again around what was found.
    """

    name: str
    turns: int = 1
    threshold: float = 0.5
    enlarged: int = cv2.INTER_LINEAR
    by_logits: bool = False
    second: bool = False


HOWS = (
    How("one look"),
    *(How(f"mean of {count} mirrored or turned windows", turns=count) for count in (2, 4, 8)),
    *(How(f"threshold {one}", threshold=one) for one in (0.3, 0.4, 0.6, 0.7)),
    How("maps enlarged by cubic splines", enlarged=cv2.INTER_CUBIC),
    How("maps enlarged by Lanczos", enlarged=cv2.INTER_LANCZOS4),
    How("log odds enlarged", by_logits=True),
    How("always a second look", second=True),
)


class Asked:
    """A segmenter that is asked in one of the ways, one box at a time."""

    def __init__(self, segmenter: Segmenter, how: How) -> None:
        self._segmenter, self._how = segmenter, how
        card = segmenter.card
        self._side = card.input.width
        self._margin = 1.0 if card.segmentation is None else card.segmentation.margin

    def outline(self, pixels: Pixels, boxes: Sequence[Box]) -> Sequence[CellMasks | None]:
        """See `Outliner`."""
        glass = glass_of(pixels)
        found = []
        for box in boxes:
            whole = box.width >= pixels.shape[1] and box.height >= pixels.shape[0]
            masks = self._one(pixels, glass, square_around(box, 1.0 if whole else self._margin))
            if masks is not None and self._how.second:
                masks = self._one(pixels, glass, square_around(masks.extent, self._margin)) or masks
            found.append(masks)
        return found

    def _one(self, pixels: Pixels, glass: Pixels, square: Square) -> CellMasks | None:
        window = cut_square(pixels, square, self._side, glass)
        maps = np.mean([self._asked(window, turn) for turn in range(self._how.turns)], axis=0)
        nucleus, cell = (self._enlarged(one, square.side) + 0.5 - self._how.threshold for one in maps)
        height, width = pixels.shape[:2]
        left, top = max(0, square.left), max(0, square.top)
        inside = np.s_[top - square.top : height - square.top, left - square.left : width - square.left]
        return masks_from_maps(cell[inside], nucleus[inside], left, top)

    def _asked(self, window: Pixels, turn: int) -> Floats:
        turned = _turned(window, turn)
        maps = self._segmenter.maps(np.ascontiguousarray(turned)[None])[0]
        return np.stack([_turned_back(one, turn) for one in maps])

    def _enlarged(self, one: Floats, side: int) -> Floats:
        odds = np.clip(one, LEAST, 1 - LEAST)
        given = np.log(odds / (1 - odds)) if self._how.by_logits else one
        whole = cv2.resize(given.astype(np.float32), (side, side), interpolation=self._how.enlarged)
        return np.asarray(1 / (1 + np.exp(-whole)) if self._how.by_logits else whole, np.float32)


def _turned(window: Pixels, turn: int) -> Pixels:
    """Mirrored left and right, then up and down, then over the diagonal, by the bits of a number."""
    window = window[:, ::-1] if turn & 1 else window
    window = window[::-1] if turn & 2 else window
    return window.swapaxes(0, 1) if turn & 4 else window


def _turned_back(one: Floats, turn: int) -> Floats:
    one = one.T if turn & 4 else one
    one = one[::-1] if turn & 2 else one
    return one[:, ::-1] if turn & 1 else one


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="Folder of the image sets.")
    parser.add_argument("--bundle", type=Path, default=SHIPPED)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    segmenter = Segmenter(read_bundle(asked.bundle), threads=1)
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for name, part in ASKED:
        pictures = load_masked(read_manifest(SPLITS / f"{name}.csv", asked.data / name), part)
        lines += _rows(segmenter, pictures, name, part)
    text = "\n".join(lines) + "\n"
    sys.stdout.write(text)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")


def _rows(segmenter: Segmenter, pictures: Sequence[MaskedPicture], name: str, part: Part) -> Iterator[str]:
    first = None
    for how in HOWS:
        scores = score_outlines(Asked(segmenter, how), pictures)
        dice = np.array([(one.nucleus.dice, one.cell.dice) for one in scores])
        first = dice if first is None else first
        gain = dice - first
        error = gain.std(axis=0) / np.sqrt(len(gain))
        told = [f"{dice[:, at].mean():.4f} | {gain[:, at].mean():+.4f} ({error[at]:.4f})" for at in (0, 1)]
        yield f"| {how.name} | {name} | {part} | {len(dice)} | {' | '.join(told)} |"
        sys.stderr.write(f"{name} {part}: {how.name}\n")


if __name__ == "__main__":
    main()

"""How well does every way of outlining fit masks drawn by hand?  A table of all classical ways and the segmenter.

    python benchmarks/segmentation.py ../shared/data --part test [--ways kmeans hsv] [--bundle FOLDER] [--out table.md]

BCCD cells are asked for by the boxes of its owners, JTSC cells by the whole picture, as a crop of one cell is. Limits
are those of 1,000 bootstrap rounds over groups of pictures.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from leukoscope.bundles.archive import read_bundle
from leukoscope.data.manifest import Part
from leukoscope.data.manifest_files import read_manifest
from leukoscope.data.masked_pictures import MaskedPicture, load_masked
from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box
from leukoscope.experiments.segmentation_scores import Figure, MaskFigures, score_outlines, summarize
from leukoscope.imaging.outlining import WAYS, Outliner, outliner
from leukoscope.inference.segmenter import Segmenter

SPLITS = Path(__file__).parents[1] / "recipes" / "splits"
SETS = ("bccd", "jtsc-wbc")
HEAD = ("way", "cells (found)", "nucleus Dice", "bF1", "H95 px", "cell Dice", "bF1", "H95 px", "ms a cell, CPU")


def main() -> None:
    """Print one table a set."""
    asked = _asked()
    lines = [line for name in asked.sets for line in _table(name, asked)]
    text = "\n".join(lines) + "\n"
    sys.stdout.write(text)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="Folder of the image sets.")
    parser.add_argument("--part", default="test", choices=("train", "validation", "test"))
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--ways", nargs="*", default=tuple(WAYS), choices=tuple(WAYS))
    parser.add_argument("--bundle", type=Path, action="append", default=[], help="A segmentation bundle; repeatable.")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--worst", type=int, default=0, help="Name so many cells that fit worst.")
    return parser.parse_args()


def _table(name: str, asked: argparse.Namespace) -> Iterator[str]:
    pictures = _pictures(asked.data / name, name, asked.part)
    cells = sum(len(one.boxes) for one in pictures)
    yield f"\n{name}, part {asked.part}: {cells} cells in {len(pictures)} pictures\n"
    yield "| " + " | ".join(HEAD) + " |"
    yield "|" + "---|" * len(HEAD)
    for way, how in _ways(asked):
        timed = Timed(how)
        scores = score_outlines(timed, pictures)
        told = summarize(scores, np.random.default_rng(0))
        row = (f"{told.cells} ({told.found})", *_figures(told.nucleus), *_figures(told.cell))
        yield f"| {way} | {' | '.join(row)} | {1000 * timed.seconds / max(1, cells):.1f} |"
        sys.stderr.write(f"{way}\n")
        worst = sorted(scores, key=lambda one: one.nucleus.dice + one.cell.dice)[: asked.worst]
        for one in worst:
            sys.stderr.write(f"  {one.picture}: nucleus {one.nucleus.dice:.2f}, cell {one.cell.dice:.2f}\n")


class Timed:
    """A way of outlining that counts the seconds of the cores it takes."""

    def __init__(self, outliner: Outliner) -> None:
        self._outliner, self.seconds = outliner, 0.0

    def outline(self, pixels: Pixels, boxes: Sequence[Box]) -> Sequence[CellMasks | None]:
        """See `Outliner`."""
        start = time.process_time()
        found = self._outliner.outline(pixels, boxes)
        self.seconds += time.process_time() - start
        return found


def _ways(asked: argparse.Namespace) -> Iterator[tuple[str, Outliner]]:
    yield from ((name, outliner(name)) for name in asked.ways)
    for folder in asked.bundle:
        bundle = read_bundle(folder)
        yield bundle.card.name, Segmenter(bundle, threads=1)


def _pictures(root: Path, name: str, part: Part) -> Sequence[MaskedPicture]:
    return load_masked(read_manifest(SPLITS / f"{name}.csv", root), part)


def _figures(one: MaskFigures) -> tuple[str, ...]:
    return _told(one.dice, 3), _told(one.boundary_f1, 3), _told(one.hausdorff_95_px, 1)


def _told(figure: Figure, digits: int) -> str:
    low, high = figure.ci95
    return f"{figure.value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


if __name__ == "__main__":
    main()

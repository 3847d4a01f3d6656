"""What does `analyze` see in thirty real pictures?  Sheets to look at, with boxes, outlines and names drawn in.

    python benchmarks/look_at_fields.py ../shared/data --out sheets [--each 6] [--seed 7]

Pictures are drawn by the seed from the training parts of five sets, one of a group; of TXL-PBC from the fields of
Raabin-WBC (575 x 575). Blue: the box; green: the cell; yellow: the nucleus, its holes too. A name with `?` is one that
the model left uncertain. What is seen is written down by hand: nothing here judges.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.data.manifest import Row
from leukoscope.data.manifest_files import read_manifest
from leukoscope.domain.findings import CellFinding, ImageFinding
from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Outline
from leukoscope.imaging.drawing import to_png
from leukoscope.imaging.reading import read_image
from leukoscope.wiring import make_analyzer

SPLITS = Path(__file__).parents[1] / "recipes" / "splits"
SETS = ("bccd", "pbc-frames", "txl-pbc", "taleqani-all", "jtsc-wbc")
FIELDS_OF_RAABIN = (575, 575, 3)
SIDE, COLUMNS, TITLE = 620, 3, 22
BLUE, GREEN, YELLOW, INK = (40, 90, 230), (0, 200, 0), (235, 215, 0), (20, 20, 20)
FINE = 4
"""Binary digits after the point in coordinates given to OpenCV."""


def main() -> None:
    """Write a sheet a set, and say which pictures are on it."""
    asked = _asked()
    asked.out.mkdir(parents=True, exist_ok=True)
    analyzer = make_analyzer(threads=1)
    for name in asked.sets:
        tiles = []
        for place, (path, pixels) in enumerate(chosen(asked.data / name, name, asked.each, asked.seed)):
            finding = analyzer.analyze(read_image(asked.data / name / path))
            print(f"{name} {place + 1}: {path}, {finding.kind}, {len(finding.cells)} cells")
            tiles.append(_tile(f"{place + 1}  {path}", pixels, finding))
        (asked.out / f"{name}.png").write_bytes(to_png(_sheet(tiles)))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="Folder of the image sets.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--each", type=int, default=6, help="Pictures of each set.")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def chosen(root: Path, name: str, count: int, seed: int) -> Iterable[tuple[str, Pixels]]:
    """Training pictures in random order, one of a group, until there are enough."""
    rows = [row for row in read_manifest(SPLITS / f"{name}.csv", root).rows() if row.split == "train"]
    seen: set[str] = set()
    for place in np.random.default_rng(seed).permutation(len(rows)):
        row = rows[place]
        pixels = _usable(root, name, row, seen)
        if pixels is None:
            continue
        seen.add(_group(row))
        yield row.path, pixels
        if len(seen) == count:
            return


def _usable(root: Path, name: str, row: Row, seen: set[str]) -> Pixels | None:
    if _group(row) in seen:
        return None
    pixels = read_image(root / row.path).pixels
    return None if name == "txl-pbc" and pixels.shape != FIELDS_OF_RAABIN else pixels


def _group(row: Row) -> str:
    return row.group or row.path


def _tile(title: str, pixels: Pixels, finding: ImageFinding) -> Pixels:
    scale = SIDE / max(pixels.shape[:2])
    size = round(scale * pixels.shape[1]), round(scale * pixels.shape[0])
    drawn = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    for cell in finding.cells:
        _draw(drawn, cell, scale)
    tile = np.full((SIDE + TITLE, SIDE, 3), 255, np.uint8)
    tile[TITLE : TITLE + drawn.shape[0], : drawn.shape[1]] = drawn
    _write(tile, title, (4, 15))
    return tile


def _draw(drawn: NDArray[np.uint8], cell: CellFinding, scale: float) -> None:
    x0, y0, x1, y1 = (round(scale * edge) for edge in cell.box.as_list())
    cv2.rectangle(drawn, (x0, y0), (x1 - 1, y1 - 1), BLUE, 1)
    _outline(drawn, (cell.outline,), GREEN, scale)
    _outline(drawn, (*cell.nucleus_outlines, *cell.nucleus_holes), YELLOW, scale)
    said = cell.prediction
    name = "-" if said is None else f"{said.label}{'?' if said.uncertain else ''} {said.score:.2f}"
    _write(drawn, f"{cell.id} {name}", (max(0, x0), min(drawn.shape[0] - 3, y1 + 12)))


def _outline(drawn: NDArray[np.uint8], outlines: Sequence[Outline], color: tuple[int, int, int], scale: float) -> None:
    for outline in outlines:
        points = (np.array(outline.points) * scale - 0.5) * 2**FINE
        cv2.polylines(drawn, [np.round(points).astype(np.int32)], True, color, 1, cv2.LINE_AA, FINE)


def _write(drawn: NDArray[np.uint8], text: str, place: tuple[int, int]) -> None:
    for color, width in (((255, 255, 255), 3), (INK, 1)):
        cv2.putText(drawn, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, color, width, cv2.LINE_AA)


def _sheet(tiles: Sequence[Pixels]) -> Pixels:
    blank = np.full_like(tiles[0], 255)
    full = [*tiles, *[blank] * (-len(tiles) % COLUMNS)]
    return np.vstack([np.hstack(full[start : start + COLUMNS]) for start in range(0, len(full), COLUMNS)])


if __name__ == "__main__":
    main()

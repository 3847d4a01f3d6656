"""Is every cell of a very large picture told once, and does memory stay flat?

`python benchmarks/large_field.py BUNDLE [--side 8000]`

Draws a square field at 0.1 um per pixel, finds what is in it tile by tile, and holds it against what was drawn: how
many objects have a box, how many have two, and the same for those that lie across a seam between tiles.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import read_bundle
from leukoscope.domain.regions import Box
from leukoscope.imaging.boxes import iou_matrix
from leukoscope.imaging.tiles import TilePlan, plan_tiles
from leukoscope.inference.detector import Detector
from leukoscope.synthetic import draw_field

PIXEL_SIZE_UM = 0.1
PER_CELL_PX = 60_000
"""One leukocyte of each of two kinds for so many pixels."""


def on_seam(boxes: NDArray[np.float64], plan: TilePlan) -> NDArray[np.bool_]:
    """Objects that an edge of a tile cuts."""
    ratio = plan.width / plan.scaled_width
    edges = [{corner[axis] for corner in plan.corners} for axis in (0, 1)]
    sizes = (plan.tile_width, plan.tile_height)
    cut = np.zeros(len(boxes), dtype=bool)
    for axis, (starts, size) in enumerate(zip(edges, sizes, strict=True)):
        for edge in {*starts, *(start + size for start in starts)}:
            cut |= (boxes[:, axis] < edge * ratio) & (boxes[:, axis + 2] > edge * ratio)
    return cut


def tell(name: str, drawn: Sequence[Box], found: NDArray[np.float64], plan: TilePlan) -> None:
    truth = np.array([box.as_list() for box in drawn])
    boxes = np.array([int((iou_matrix(one[None], found) >= 0.5).sum()) for one in truth])
    seam = on_seam(truth, plan)
    for where, chosen in (("all", np.ones_like(seam)), ("across a seam", seam)):
        told = boxes[chosen]
        print(f"| {name} | {where} | {len(told)} | {(told > 0).sum()} | {(told > 1).sum()} |")
    print(f"| {name} | boxes in all | {len(found)} | | |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--side", type=int, default=8_000)
    asked = parser.parse_args()
    side = asked.side
    count = side * side // PER_CELL_PX // 2
    drawn = draw_field(
        np.random.default_rng(1),
        width=side,
        height=side,
        pixel_size_um=PIXEL_SIZE_UM,
        cells={"neutrophil": count, "lymphocyte": count},
    )
    detector = Detector(read_bundle(asked.bundle))
    plan = plan_tiles(side, side, detector.view, PIXEL_SIZE_UM)
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    found = detector.find(drawn.pixels, PIXEL_SIZE_UM)
    seconds, after = time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{side} x {side} pixels, {len(plan.corners)} tiles, {seconds:.1f} CPU s.")
    print(f"Peak memory before, with the drawing, {before / 1024:.0f} MiB, and after {after / 1024:.0f} MiB.\n")
    print("| kind | which | drawn | with a box | with two |\n|---|---|---|---|---|")
    kinds = ([cell.box for cell in drawn.cells], drawn.red_cells, drawn.platelets)
    for label, (name, boxes) in enumerate(zip(("wbc", "rbc", "platelet"), kinds, strict=True)):
        tell(name, boxes, found.boxes[found.labels == label], plan)


if __name__ == "__main__":
    main()

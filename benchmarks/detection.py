"""How good is a detector, and where does it fail?  The tables of docs/explanation/cells.md.

`python benchmarks/detection.py BUNDLE ../shared/data [--part test]`

Held-out fields as they are and reduced to 1/2, 1/3 and 1/5, the pixel size given and found by the program; red cells
that overlap others apart from free ones; each source of TXL-PBC by itself; leukocytes by the classical finder, by the
detector and by both, as `leukoscope analyze` joins them; seconds per field.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import read_bundle
from leukoscope.data.boxed_pictures import BoxedPicture, load_boxed, with_boxes
from leukoscope.data.manifest import Part
from leukoscope.data.manifest_files import read_manifest
from leukoscope.domain.images import SmearImage
from leukoscope.domain.objects import Detections, Marked
from leukoscope.evaluation.boxes import match_pictures
from leukoscope.experiments.detection_evaluation import SURE_FLOOR
from leukoscope.experiments.detection_scores import DetectionScores, Figure, score_detections
from leukoscope.imaging.boxes import iou_matrix
from leukoscope.imaging.preprocessing import resize
from leukoscope.imaging.scale import estimate_pixel_size
from leukoscope.inference.detector import Detector
from leukoscope.inference.detector_finder import DetectorFinder
from leukoscope.inference.finding import CellFinder, ClassicalFinder
from leukoscope.inference.looking_scale import settle_scale

SPLITS = Path(__file__).parents[1] / "recipes" / "splits"
BCCD = {"wbc": ("WBC",), "rbc": ("RBC",), "platelet": ("Platelets",)}
TXL = {"wbc": ("WBC",), "rbc": ("RBC",), "platelet": ("Platelet",)}
BCCD_UM, TXL_UM = 0.071, {"raabin-wbc": 0.0585, "pbc": 0.103}
"""As in recipes/cell-detector.toml."""
TOUCHING = 0.1
"""IoU from which two marked red cells count as overlapping."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What every table needs: the detector, and the part of the sets that is looked at."""

    detector: Detector
    data: Path
    part: Part

    def load(self, name: str) -> tuple[BoxedPicture, ...]:
        classes, size = (BCCD, BCCD_UM) if name == "bccd" else (TXL, TXL_UM)
        manifest = with_boxes(read_manifest(SPLITS / f"{name}.csv", self.data / name))
        return load_boxed(manifest, self.part, classes, pixel_size_um=size)

    def find(self, pictures: Sequence[BoxedPicture]) -> list[Detections]:
        return [self.detector.find(one.pixels, one.pixel_size_um, score_floor=SURE_FLOOR) for one in pictures]

    def scored(self, pictures: Sequence[BoxedPicture], found: Sequence[Detections]) -> DetectionScores:
        names = [label.name for label in self.detector.card.labels]
        thresholds = self.detector.thresholds.tolist()
        return score_detections(found, pictures, names, thresholds=thresholds, rng=np.random.default_rng(0))

    def finder(self, *, insist: bool) -> CellFinder:
        detector = self.detector
        return DetectorFinder(detector.card, detector.ref, lambda: detector, ClassicalFinder(), insist=insist)

    def unsized(self, one: BoxedPicture) -> BoxedPicture:
        """With the pixel size that the program comes to when nobody tells it."""
        estimated = estimate_pixel_size(one.pixels)
        settled = None if estimated is not None else settle_scale(self.detector, one.pixels)
        return replace(one, pixel_size_um=estimated.um if estimated else None if settled is None else settled.um)


def reduced(one: BoxedPicture, by: int) -> BoxedPicture:
    height, width = one.pixels.shape[:2]
    pixels = resize(one.pixels, max(1, width // by), max(1, height // by))
    ratio = np.array([pixels.shape[1] / width, pixels.shape[0] / height] * 2)
    size_um = None if one.pixel_size_um is None else one.pixel_size_um * by
    return replace(
        one, pixels=pixels, marked=Marked(one.marked.boxes * ratio, one.marked.labels), pixel_size_um=size_um
    )


def tell_detection(bench: Bench) -> None:
    names = [label.name for label in bench.detector.card.labels]
    head = [
        "fields",
        "n",
        "mean AP50",
        *(f"{name} {what}" for name in names for what in ("AP50", "count error", "IoU")),
    ]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    bccd, txl = bench.load("bccd"), bench.load("txl-pbc")
    for name, pictures in _rows(bench, bccd, txl):
        scores = bench.scored(pictures, bench.find(pictures))
        columns = [_short(scores.map50)]
        for one in scores.per_class:
            columns += [_short(one.ap50), _short(one.count_error), _short(one.mean_iou)]
        print(f"| {name} | {scores.pictures} | {' | '.join(columns)} |", flush=True)
    _tell_overlaps(bench, bccd)
    _tell_time(bench, bccd)


def _rows(
    bench: Bench, bccd: Sequence[BoxedPicture], txl: Sequence[BoxedPicture]
) -> Iterator[tuple[str, Sequence[BoxedPicture]]]:
    yield "BCCD", bccd
    smaller = {by: [reduced(one, by) for one in bccd] for by in (2, 3, 5)}
    yield from ((f"BCCD, 1/{by} of the size", some) for by, some in smaller.items())
    yield "BCCD, pixel size not told", [bench.unsized(one) for one in bccd]
    for by, some in smaller.items():
        yield f"BCCD, 1/{by}, pixel size not told", [bench.unsized(one) for one in some]
    for source in TXL_UM:
        yield f"TXL-PBC, {source}", [one for one in txl if one.source == source]


def _short(figure: Figure) -> str:
    if figure.value is None:
        return "-"
    low, high = figure.ci95 or (float("nan"),) * 2
    return f"{figure.value:.3f} [{low:.3f}, {high:.3f}]"


def _tell_overlaps(bench: Bench, pictures: Sequence[BoxedPicture]) -> None:
    """Recall of red cells that overlap another one, and of those that do not; hits of every class."""
    names, found = [label.name for label in bench.detector.card.labels], bench.find(pictures)
    label = names.index("rbc")
    hit, counts = {True: 0, False: 0}, {True: 0, False: 0}
    for one, answer in zip(pictures, found, strict=True):
        boxes = one.marked.boxes[one.marked.labels == label]
        overlap = iou_matrix(boxes, boxes)
        np.fill_diagonal(overlap, 0)
        sure = bench.detector.sure(answer)
        mine = sure.boxes[sure.labels == label]
        for place, box in enumerate(boxes):
            crowded = bool(overlap[place].max() >= TOUCHING)
            counts[crowded] += 1
            hit[crowded] += bool(len(mine)) and float(iou_matrix(box[None], mine).max()) >= 0.5
    print()
    for crowded, name in ((False, "free"), (True, "overlapping")):
        print(f"Red cells {name}: {hit[crowded]} of {counts[crowded]} have a box over half of them.")
    for number, name in enumerate(names):
        matches = match_pictures(found, [one.marked for one in pictures], number, (0.5,))
        sure_ones = matches.above(float(bench.detector.thresholds[number]))
        marked, told, hits = int(matches.marked.sum()), len(sure_ones.scores), int(sure_ones.hits[0].sum())
        print(f"{name}: {hits} of {told} detections hit, {marked} are marked.")


def _tell_time(bench: Bench, pictures: Sequence[BoxedPicture]) -> None:
    started = time.process_time()
    bench.find(pictures)
    seconds = (time.process_time() - started) / len(pictures)
    print(f"{seconds:.3f} CPU s per field of 640 x 480, all cores together.\n")


def tell_finders(bench: Bench) -> None:
    """Leukocytes by each way of finding them, as `leukoscope analyze` has them; no pixel size is told."""
    finders: dict[str, CellFinder] = {
        "classical": ClassicalFinder(),
        "detector alone": bench.finder(insist=True),
        "detector and stain": bench.finder(insist=False),
    }
    print("| fields | way | found | hit | marked | recall | precision |\n|---|---|---|---|---|---|---|")
    for name in ("bccd", "txl-pbc"):
        pictures = bench.load(name)
        for way, finder in finders.items():
            found = [_leukocytes(finder, one) for one in pictures]
            told = sum(map(len, found))
            marked = [one.marked.boxes[one.marked.labels == 0] for one in pictures]
            hits = sum(_hits(boxes, truth) for boxes, truth in zip(found, marked, strict=True))
            total = sum(map(len, marked))
            print(
                f"| {name} | {way} | {told} | {hits} | {total} | {hits / total:.3f} | {hits / told:.3f} |", flush=True
            )


def _leukocytes(finder: CellFinder, one: BoxedPicture) -> NDArray[np.float64]:
    cells = finder.find(SmearImage(one.pixels, "0" * 64)).cells
    return np.array([cell.box.as_list() for cell in cells], dtype=np.float64).reshape(-1, 4)


def _hits(boxes: NDArray[np.float64], marked: NDArray[np.float64]) -> int:
    found = Detections(boxes, np.ones(len(boxes)), np.zeros(len(boxes), np.int64))
    truth = Marked(marked, np.zeros(len(marked), np.int64))
    return int(match_pictures([found], [truth], 0, (0.5,)).hits[0].sum())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--part", default="test", choices=("train", "validation", "test"))
    parser.add_argument("--only", choices=("detection", "finders"))
    asked = parser.parse_args()
    bench = Bench(Detector(read_bundle(asked.bundle)), asked.data, asked.part)
    if asked.only != "finders":
        tell_detection(bench)
    if asked.only != "detection":
        tell_finders(bench)


if __name__ == "__main__":
    main()

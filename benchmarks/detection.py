"""How good is a detector, and where does it fail?  The tables of docs/explanation/cells.md.

`python benchmarks/detection.py BUNDLE ../shared/data [--part test]`

Held-out fields as they are, reduced to 1/2, 1/3 and 1/5, and with the pixel size estimated instead of given; red cells
that overlap others apart from free ones; each source of TXL-PBC by itself; seconds per field.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from leukoscope.bundles.archive import read_bundle
from leukoscope.data.boxed_pictures import BoxedPicture, load_boxed, with_boxes
from leukoscope.data.manifest import Part
from leukoscope.data.manifest_files import read_manifest
from leukoscope.domain.objects import Detections, Marked
from leukoscope.evaluation.boxes import match_pictures
from leukoscope.experiments.detection_evaluation import SURE_FLOOR
from leukoscope.experiments.detection_scores import DetectionScores, Figure, score_detections
from leukoscope.imaging.boxes import iou_matrix
from leukoscope.imaging.preprocessing import resize
from leukoscope.imaging.scale import estimate_pixel_size
from leukoscope.inference.detector import Detector

SPLITS = Path(__file__).parents[1] / "recipes" / "splits"
BCCD = {"wbc": ("WBC",), "rbc": ("RBC",), "platelet": ("Platelets",)}
TXL = {"wbc": ("WBC",), "rbc": ("RBC",), "platelet": ("Platelet",)}
BCCD_UM, TXL_UM = 0.071, {"raabin-wbc": 0.0585, "pbc": 0.103}
"""As in recipes/cell-detector.toml."""
TOUCHING = 0.1
"""IoU from which two marked red cells count as overlapping."""


def reduced(one: BoxedPicture, by: int) -> BoxedPicture:
    height, width = one.pixels.shape[:2]
    pixels = resize(one.pixels, max(1, width // by), max(1, height // by))
    ratio = np.array([pixels.shape[1] / width, pixels.shape[0] / height] * 2)
    size_um = None if one.pixel_size_um is None else one.pixel_size_um * by
    return replace(
        one, pixels=pixels, marked=Marked(one.marked.boxes * ratio, one.marked.labels), pixel_size_um=size_um
    )


def find(detector: Detector, pictures: Sequence[BoxedPicture]) -> list[Detections]:
    return [detector.find(one.pixels, one.pixel_size_um, score_floor=SURE_FLOOR) for one in pictures]


def told(name: str, scores: DetectionScores) -> None:
    columns = [_short(scores.map50)]
    for one in scores.per_class:
        columns += [_short(one.ap50), _short(one.count_error), _short(one.mean_iou)]
    print(f"| {name} | {scores.pictures} | {' | '.join(columns)} |", flush=True)


def _short(figure: Figure) -> str:
    if figure.value is None:
        return "-"
    low, high = figure.ci95 or (float("nan"),) * 2
    return f"{figure.value:.3f} [{low:.3f}, {high:.3f}]"


def overlapping(detector: Detector, pictures: Sequence[BoxedPicture], found: Sequence[Detections], label: int) -> None:
    """Recall of red cells that overlap another one, and of those that do not, at the card's threshold."""
    hit, counts = {True: 0, False: 0}, {True: 0, False: 0}
    for one, answer in zip(pictures, found, strict=True):
        boxes = one.marked.boxes[one.marked.labels == label]
        overlap = iou_matrix(boxes, boxes)
        np.fill_diagonal(overlap, 0)
        sure = detector.sure(answer)
        for place, box in enumerate(boxes):
            crowded = bool(overlap[place].max() >= TOUCHING) if len(boxes) > 1 else False
            counts[crowded] += 1
            mine = sure.boxes[sure.labels == label]
            hit[crowded] += bool(len(mine)) and float(iou_matrix(box[None], mine).max()) >= 0.5
    for crowded, name in ((False, "free"), (True, "overlapping")):
        print(f"Red cells {name}: {hit[crowded]} of {counts[crowded]} have a box over half of them.")


def precision_of(found: Sequence[Detections], pictures: Sequence[BoxedPicture], label: int, threshold: float) -> str:
    matches = match_pictures(found, [one.marked for one in pictures], label, (0.5,)).above(threshold)
    return (
        f"{int(matches.hits[0].sum())} of {len(matches.scores)} detections hit, {int(matches.marked.sum())} are marked"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--part", default="test", choices=("train", "validation", "test"))
    asked = parser.parse_args()
    part: Part = asked.part
    detector = Detector(read_bundle(asked.bundle))
    names, thresholds = [label.name for label in detector.card.labels], detector.thresholds.tolist()

    def scored(pictures: Sequence[BoxedPicture], found: Sequence[Detections]) -> DetectionScores:
        return score_detections(found, pictures, names, thresholds=thresholds, rng=np.random.default_rng(0))

    bccd = load_boxed(
        with_boxes(read_manifest(SPLITS / "bccd.csv", asked.data / "bccd")), part, BCCD, pixel_size_um=BCCD_UM
    )
    head = ["fields", "n", "mean AP50"] + [
        f"{name} {what}" for name in names for what in ("AP50", "count error", "IoU")
    ]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    started = time.process_time()
    found = find(detector, bccd)
    seconds = (time.process_time() - started) / len(bccd)
    told("BCCD", scored(bccd, found))
    for by in (2, 3, 5):
        smaller = [reduced(one, by) for one in bccd]
        told(f"BCCD, 1/{by} of the size", scored(smaller, find(detector, smaller)))
    sizes = [estimate_pixel_size(one.pixels) for one in bccd]
    guessed = [
        replace(one, pixel_size_um=None if size is None else size.um) for one, size in zip(bccd, sizes, strict=True)
    ]
    told(
        f"BCCD, pixel size estimated in {sum(size is not None for size in sizes)}",
        scored(guessed, find(detector, guessed)),
    )
    txl = load_boxed(
        with_boxes(read_manifest(SPLITS / "txl-pbc.csv", asked.data / "txl-pbc")), part, TXL, pixel_size_um=TXL_UM
    )
    for source in TXL_UM:
        mine = [one for one in txl if one.source == source]
        told(f"TXL-PBC, {source}", scored(mine, find(detector, mine)))
    print(f"\n{seconds:.3f} CPU s per field of 640 x 480, all cores together.")
    overlapping(detector, bccd, found, names.index("rbc"))
    for label, name in enumerate(names):
        print(f"{name}: {precision_of(found, bccd, label, thresholds[label])}.")


if __name__ == "__main__":
    main()

"""Does the historical box head see where the cell is?  Its boxes beside one box that never looks.

`python benchmarks/box_head.py BUNDLE ../shared/data`

BUNDLE is of recipes/sources/roboflow-boxes-pbc-frames.toml. Each frame of `pbc-frames` has one box, near its middle.
The box that never looks is the mean of the training boxes, in shares of the frame. Classes are ignored here.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import read_bundle
from leukoscope.data.boxed_pictures import BoxedPicture, load_boxed, with_boxes
from leukoscope.data.manifest_files import read_manifest
from leukoscope.imaging.boxes import iou_matrix
from leukoscope.inference.detector import Detector

SPLIT = Path(__file__).parents[1] / "recipes" / "splits" / "pbc-frames.csv"
ROUNDS = 1000
Floats = NDArray[np.float64]


def shares(one: BoxedPicture) -> Floats:
    height, width = one.pixels.shape[:2]
    return np.asarray(one.marked.boxes[0] / np.array([width, height] * 2), np.float64)


def looked(detector: Detector, one: BoxedPicture) -> Floats:
    """The surest box of a frame, however unsure."""
    found = detector.find(one.pixels, score_floor=0.0)
    height, width = one.pixels.shape[:2]
    return np.asarray(found.boxes[0] / np.array([width, height] * 2), np.float64) if len(found) else np.zeros(4)


def tell(name: str, boxes: Floats, truth: Floats) -> None:
    iou = np.array([iou_matrix(box[None], one[None])[0, 0] for box, one in zip(boxes, truth, strict=True)])
    rng = np.random.default_rng(0)
    means = [iou[rng.integers(len(iou), size=len(iou))].mean() for _ in range(ROUNDS)]
    low, high = np.percentile(means, [2.5, 97.5])
    print(f"| {name} | {len(iou)} | {iou.mean():.3f} [{low:.3f}, {high:.3f}] | {(iou >= 0.5).mean():.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle", type=Path)
    parser.add_argument("data", type=Path)
    asked = parser.parse_args()
    detector = Detector(read_bundle(asked.bundle))
    manifest = with_boxes(read_manifest(SPLIT, asked.data / "pbc-frames"))
    classes = {label.name: (label.name,) for label in detector.card.labels}
    learned, held_out = (load_boxed(manifest, part, classes) for part in ("train", "test"))
    truth = np.array([shares(one) for one in held_out])
    mean = np.mean([shares(one) for one in learned], axis=0)
    print("| box | frames | mean IoU | IoU of at least one half |\n|---|---|---|---|")
    tell("box head", np.array([looked(detector, one) for one in held_out]), truth)
    tell("mean of the training boxes", np.tile(mean, (len(truth), 1)), truth)


if __name__ == "__main__":
    main()

"""How well are the leukocytes of BCCD found?  Recall, precision and overlap of boxes, with 95 % intervals.

    python benchmarks/bccd_leukocytes.py --part trainval --data ../shared/data/bccd

Everything was tuned on `trainval`; `test` is for one look at the end.
Boxes without area are dropped. A found cell counts where its box overlaps an annotated one by IoU >= 0.5, one to one.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from scipy.optimize import linear_sum_assignment

from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box
from leukoscope.evaluation.intervals import clopper_pearson
from leukoscope.imaging.reading import read_image
from leukoscope.imaging.segmentation import find_cells

MIN_IOU = 0.5
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Field:
    """One annotated field; `ms` is what finding took, `kind` what the finder called the picture."""

    name: str
    annotated: tuple[Box, ...]
    found: tuple[Box, ...]
    kind: str
    ms: float

    def matches(self) -> list[float]:
        """Overlap of each matched pair."""
        if not self.annotated or not self.found:
            return []
        overlap = np.array([[one.iou(other) for other in self.found] for one in self.annotated])
        rows, columns = linear_sum_assignment(np.where(overlap >= MIN_IOU, overlap, 0.0), maximize=True)
        return [float(value) for value in overlap[rows, columns] if value >= MIN_IOU]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["train", "val", "trainval", "test"], default="trainval")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/bccd"))
    arguments = parser.parse_args()
    names = (arguments.data / "ImageSets" / "Main" / f"{arguments.part}.txt").read_text().split()
    fields = [look_at(arguments.data, name) for name in names]
    print(json.dumps({"part": arguments.part, **score(fields)}, indent=1))


def look_at(data: Path, name: str) -> Field:
    """Find the cells of one field."""
    pixels = read_image(data / "images" / f"{name}.jpg").pixels
    return find_in(name, pixels, read_boxes(data / "annotations_voc" / f"{name}.xml"))


def find_in(name: str, pixels: Pixels, annotated: tuple[Box, ...]) -> Field:
    """Find the cells of a picture that is already read."""
    start = time.perf_counter()
    found = find_cells(pixels)
    ms = (time.perf_counter() - start) * 1000
    return Field(name, annotated, tuple(cell.box for cell in found.cells), found.kind, ms)


def read_boxes(path: Path) -> tuple[Box, ...]:
    """Leukocytes of a Pascal VOC file; boxes without area are dropped."""
    boxes = []
    for one in ElementTree.parse(path).iter("object"):  # noqa: S314 (a local, known file)
        x0, y0, x1, y1 = (float(one.findtext(f"bndbox/{key}", "0")) for key in ("xmin", "ymin", "xmax", "ymax"))
        if one.findtext("name") == "WBC" and x1 > x0 and y1 > y0:
            boxes.append(Box(x0, y0, x1, y1))
    return tuple(boxes)


def score(fields: Sequence[Field]) -> dict[str, object]:
    """The figures of the report; the interval of mean IoU resamples fields."""
    matches = [field.matches() for field in fields]
    hits = sum(map(len, matches))
    annotated = sum(len(field.annotated) for field in fields)
    found = sum(len(field.found) for field in fields)
    times = [field.ms for field in fields]
    return {
        "fields": len(fields),
        "annotated": annotated,
        "found": found,
        "matched": hits,
        "recall": round(hits / annotated, 4),
        "recall_ci95": [round(limit, 4) for limit in clopper_pearson(hits, annotated)],
        "precision": round(hits / max(found, 1), 4),
        "precision_ci95": [round(limit, 4) for limit in clopper_pearson(hits, found)],
        "mean_iou": round(float(np.mean([value for one in matches for value in one] or [0.0])), 4),
        "mean_iou_ci95": [round(limit, 4) for limit in resampled_mean(matches)],
        "kinds": {kind: sum(field.kind == kind for field in fields) for kind in ("field", "cell")},
        "ms_per_field": {"median": round(float(np.median(times)), 1), "p95": round(float(np.percentile(times, 95)), 1)},
    }


def resampled_mean(matches: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Percentile bootstrap of the mean over pairs, drawing whole fields."""
    rng = np.random.default_rng(0)
    sums, counts = (np.array([f(one) for one in matches], float) for f in (sum, len))
    drawn = rng.integers(0, len(matches), (RESAMPLES, len(matches)))
    means = sums[drawn].sum(axis=1) / np.maximum(counts[drawn].sum(axis=1), 1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


if __name__ == "__main__":
    main()

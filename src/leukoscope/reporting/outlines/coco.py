"""The cells of pictures as COCO: one polygon per cell, and one annotation per nucleus with a polygon per lobe.

Polygons of COCO have no holes. A nucleus with a hole is therefore told by run lengths of its pixels, uncompressed, with
`iscrowd` 0, as pycocotools reads it; everything else stays a polygon, finer than a pixel.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence

import numpy as np

from leukoscope.domain.findings import CellFinding, ImageFinding
from leukoscope.domain.labels import UNCERTAIN
from leukoscope.domain.regions import Outline
from leukoscope.imaging.outlining.label_image import label_image
from leukoscope.reporting.outlines.rings import signed_area

Json = dict[str, object]
NUCLEUS, CELL = "nucleus", "cell"


def coco_annotations(finding: ImageFinding) -> list[Json]:
    """Annotations of one picture, with names of categories instead of numbers, without ids.

    `cell_id` is the number of the cell in the report, for programs that pass it on.
    """
    size = finding.height, finding.width
    return [one for cell in finding.cells for one in _annotations(cell, size)]


def coco_text(pictures: Iterable[tuple[Json, Sequence[Json]]], classes: Sequence[str]) -> str:
    """All pictures in one file.

    Args:
        pictures: `file_name`, `width` and `height` of each, and its annotations as from `coco_annotations`.
        classes: Every class that a cell may have; `cell`, `uncertain` and `nucleus` are added.
    """
    names = list(dict.fromkeys((*classes, CELL, UNCERTAIN, NUCLEUS)))
    numbers = {name: number for number, name in enumerate(names, start=1)}
    images: list[Json] = []
    annotations: list[Json] = []
    for picture, found in pictures:
        images.append({"id": len(images) + 1, **picture})
        for one in found:
            rest = {key: value for key, value in one.items() if key != "category"}
            told = {"id": len(annotations) + 1, "image_id": len(images), "category_id": numbers[str(one["category"])]}
            annotations.append({**told, **rest})
    categories = [{"id": number, "name": name, "supercategory": "cell"} for name, number in numbers.items()]
    return json.dumps({"images": images, "annotations": annotations, "categories": categories}) + "\n"


def _annotations(cell: CellFinding, size: tuple[int, int]) -> list[Json]:
    said = cell.prediction
    category = CELL if said is None else UNCERTAIN if said.uncertain else said.label
    found = [_annotation(cell.id, category, [cell.outline])]
    if not cell.nucleus_outlines:
        return found
    nucleus = _annotation(cell.id, NUCLEUS, cell.nucleus_outlines)
    return [*found, nucleus | _run_lengths(cell, size) if cell.nucleus_holes else nucleus]


def _annotation(cell_id: int, category: str, polygons: Sequence[Outline]) -> Json:
    points = [point for polygon in polygons for point in polygon.points]
    left, top = min(x for x, _ in points), min(y for _, y in points)
    right, bottom = max(x for x, _ in points), max(y for _, y in points)
    return {
        "category": category,
        "cell_id": cell_id,
        "bbox": [round(one, 2) for one in (left, top, right - left, bottom - top)],
        "area": round(sum(abs(signed_area(polygon.points)) for polygon in polygons), 2),
        "iscrowd": 0,
        "segmentation": [[value for point in polygon.points for value in point] for polygon in polygons],
    }


def _run_lengths(cell: CellFinding, size: tuple[int, int]) -> Json:
    """Pixels outside, inside, outside, ... of the nucleus, column by column, and how many are inside.

    Args:
        cell: A cell with a nucleus.
        size: Height and width of its picture.
    """
    height, width = size
    xs = [x for lobe in cell.nucleus_outlines for x, _ in lobe.points]
    left, right = max(0, math.floor(min(xs))), min(width, math.ceil(max(xs)))
    rings = [
        Outline(tuple((x - left, y) for x, y in ring.points)) for ring in (*cell.nucleus_outlines, *cell.nucleus_holes)
    ]
    inside = label_image({1: rings}, right - left, height).T.ravel()
    steps = np.flatnonzero(np.diff(inside, prepend=0, append=0)) + left * height
    counts = np.diff(steps, prepend=0, append=width * height)
    return {"area": int(inside.sum()), "segmentation": {"counts": counts.tolist(), "size": [height, width]}}

"""The cells of pictures as COCO: one polygon per cell, and one annotation per nucleus with a polygon per lobe."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from leukoscope.domain.findings import CellFinding, ImageFinding
from leukoscope.domain.labels import UNCERTAIN
from leukoscope.domain.regions import Outline

Json = dict[str, object]
NUCLEUS, CELL = "nucleus", "cell"


def coco_annotations(finding: ImageFinding) -> list[Json]:
    """Annotations of one picture, with names of categories instead of numbers, without ids.

    `cell_id` is the number of the cell in the report, for programs that pass it on.
    """
    return [one for cell in finding.cells for one in _annotations(cell)]


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


def _annotations(cell: CellFinding) -> list[Json]:
    said = cell.prediction
    category = CELL if said is None else UNCERTAIN if said.uncertain else said.label
    found = [_annotation(cell.id, category, [cell.outline])]
    return [*found, _annotation(cell.id, NUCLEUS, cell.nucleus_outlines)] if cell.nucleus_outlines else found


def _annotation(cell_id: int, category: str, polygons: Sequence[Outline]) -> Json:
    points = [point for polygon in polygons for point in polygon.points]
    left, top = min(x for x, _ in points), min(y for _, y in points)
    right, bottom = max(x for x, _ in points), max(y for _, y in points)
    return {
        "category": category,
        "cell_id": cell_id,
        "bbox": [round(one, 2) for one in (left, top, right - left, bottom - top)],
        "area": round(sum(_area(polygon) for polygon in polygons), 2),
        "iscrowd": 0,
        "segmentation": [[value for point in polygon.points for value in point] for polygon in polygons],
    }


def _area(polygon: Outline) -> float:
    """Gauss's area formula."""
    points = polygon.points
    after = (*points[1:], points[0])
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(points, after, strict=True))) / 2

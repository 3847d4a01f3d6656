"""COCO as CVAT, FiftyOne and Label Studio read it: `images/<part>`, `annotations/instances_<part>.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from leukoscope.data.exports.placing import Placed
from leukoscope.data.exports.writing import write_text
from leukoscope.data.manifest import Annotation
from leukoscope.data.sources.coco import polygon_area

LOSES = ("picture labels", "patients and slides")


def picture_place(one: Placed) -> str:
    """Where a picture goes, below the export."""
    return f"images/{one.folder}/{one.name}"


def write_whole(
    placed: Sequence[Placed], out: Path, classes: Sequence[str], sizes: Mapping[str, tuple[int, int]]
) -> None:
    """Write one file per part."""
    for folder in sorted({one.folder for one in placed}):
        chosen = [one for one in placed if one.folder == folder]
        text = json.dumps(_instances(chosen, classes, sizes), ensure_ascii=False, separators=(",", ":"))
        write_text(out / "annotations" / f"instances_{folder}.json", text + "\n")


def _instances(
    placed: Sequence[Placed], classes: Sequence[str], sizes: Mapping[str, tuple[int, int]]
) -> dict[str, list[dict[str, object]]]:
    numbers = {name: number for number, name in enumerate(classes, start=1)}
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for number, one in enumerate(placed, start=1):
        width, height = sizes[one.stem]
        image: dict[str, object] = {"id": number, "file_name": one.name, "width": width, "height": height}
        # COCO cannot tell "nobody looked" from "nothing there"; other programs pass over what they do not know.
        images.append(image if one.row.boxes is not None else {**image, "annotated": False})
        for box in one.row.boxes or ():
            annotations.append(_annotation(len(annotations) + 1, number, numbers[box.label], box))
    categories: list[dict[str, object]] = [
        {"id": number, "name": name, "supercategory": ""} for name, number in numbers.items()
    ]
    return {"images": images, "annotations": annotations, "categories": categories}


def _annotation(number: int, image: int, category: int, one: Annotation) -> dict[str, object]:
    box, outline = one.box, one.outline if len(one.outline) >= 3 else ()
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "bbox": [box.x0, box.y0, box.width, box.height],
        "area": polygon_area(outline) if outline else box.area,
        "iscrowd": 0,
        "segmentation": [[value for point in outline for value in point]] if outline else [],
    }

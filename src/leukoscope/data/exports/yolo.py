"""YOLO as Ultralytics and CVAT read it: `images/<part>`, `labels/<part>`, `data.yaml`, `classes.txt`.

Of a box one line of five numbers; where outlines are asked for, the corners of each object.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from leukoscope.data.exports.placing import Placed
from leukoscope.data.exports.writing import write_text
from leukoscope.data.manifest import Annotation

LOSES = ("outlines", "picture labels", "patients and slides")
LOSES_OUTLINED = (
    "that some boxes have no outline: they are written as rectangles",
    "picture labels",
    "patients and slides",
)


def picture_place(one: Placed) -> str:
    """Where a picture goes, below the export."""
    return f"images/{one.folder}/{one.name}"


def write_annotations(
    one: Placed, out: Path, classes: Sequence[str], size: tuple[int, int], *, outlined: bool = False
) -> None:
    """Write the labels of a picture; without annotations there is no file, with an empty one there is.

    Args:
        one: The picture.
        out: Folder of the export.
        classes: Names in the order of their numbers.
        size: Width and height of the picture in pixels.
        outlined: Write corners; trainers of outlines cannot use boxes, and trainers of boxes make boxes of corners.
    """
    file = out / "labels" / one.folder / f"{one.stem}.txt"
    if one.row.boxes is None:
        file.unlink(missing_ok=True)
        return
    numbers = {name: number for number, name in enumerate(classes)}
    tell = _corners if outlined else _relative
    write_text(file, "".join(f"{numbers[box.label]} {tell(box, *size)}\n" for box in one.row.boxes))


def write_whole(placed: Sequence[Placed], out: Path, classes: Sequence[str]) -> None:
    """Write the names of classes and the folders of the parts."""
    folders = {one.folder for one in placed}
    # Trainers want both train and val; a folder named under both tells that there are no parts.
    keys: list[tuple[str, str]] = [(key, key) for key in ("train", "val", "test") if key in folders]
    keys = keys or [("train", "all"), ("val", "all")]
    lines = ["path: .", *(f"{key}: images/{folder}" for key, folder in keys), f"nc: {len(classes)}", "names:"]
    # JSON strings are YAML strings, so no name can break out of its line.
    lines += [f"  {number}: {json.dumps(name, ensure_ascii=False)}" for number, name in enumerate(classes)]
    write_text(out / "data.yaml", "\n".join(lines if classes else [*lines[:-1], "names: []"]) + "\n")
    write_text(out / "classes.txt", "".join(f"{name}\n" for name in classes))


def _relative(one: Annotation, width: int, height: int) -> str:
    box = one.box
    return _numbers((box.center[0] / width, box.center[1] / height, box.width / width, box.height / height))


def _corners(one: Annotation, width: int, height: int) -> str:
    box = one.box
    rectangle = ((box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1))
    corners = one.outline if len(one.outline) >= 3 else rectangle
    return _numbers([value for x, y in corners for value in (x / width, y / height)])


def _numbers(values: Iterable[float]) -> str:
    # Ten digits: below a thousandth of a pixel for any picture that is read.
    return " ".join(f"{value:.10f}".rstrip("0").rstrip(".") for value in values)

"""YOLO as Ultralytics and CVAT read it: `images/<part>`, `labels/<part>`, `data.yaml`, `classes.txt`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from leukoscope.data.exports.placing import Placed
from leukoscope.data.exports.writing import write_text
from leukoscope.data.manifest import Annotation

LOSES = ("outlines", "picture labels", "patients and slides")


def picture_place(one: Placed) -> str:
    """Where a picture goes, below the export."""
    return f"images/{one.folder}/{one.name}"


def write_annotations(one: Placed, out: Path, classes: Sequence[str], size: tuple[int, int]) -> None:
    """Write the labels of a picture; without annotations there is no file, with an empty one there is."""
    file = out / "labels" / one.folder / f"{one.stem}.txt"
    if one.row.boxes is None:
        file.unlink(missing_ok=True)
        return
    numbers = {name: number for number, name in enumerate(classes)}
    write_text(file, "".join(f"{numbers[box.label]} {_relative(box, *size)}\n" for box in one.row.boxes))


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
    values = (box.center[0] / width, box.center[1] / height, box.width / width, box.height / height)
    # Ten digits: below a thousandth of a pixel for any picture that is read.
    return " ".join(f"{value:.10f}".rstrip("0").rstrip(".") for value in values)

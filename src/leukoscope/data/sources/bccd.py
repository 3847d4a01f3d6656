"""BCCD fields: boxes as Pascal VOC, one class a field in `wbc_class_labels.csv`.

Shenggan/BCCD_Dataset; classes by Banik et al. One field mostly holds one white cell.
"""

from __future__ import annotations

import csv
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from leukoscope.domain.regions import Box
from leukoscope.errors import ManifestError

NAME = "bccd"
Part = Literal["trainval", "test"]


@dataclass(frozen=True, slots=True)
class LabeledBox:
    """The only white cell of a field: the field's picture, the cell's box and its class."""

    picture: Path
    box: Box
    label: str


def list_single_cells(root: Path, part: Part) -> tuple[LabeledBox, ...]:
    """Fields of a part with exactly one white-cell box of some area and exactly one class.

    Raises:
        ManifestError: The table of classes or the list of the part is missing.
    """
    table, names = root / "wbc_class_labels.csv", root / "ImageSets" / "Main" / f"{part}.txt"
    for file in (table, names):
        if not file.is_file():
            raise ManifestError(f"{file} is missing.", hint="Give the folder of the BCCD set.")
    asked = set(names.read_text(encoding="utf-8").split())
    with table.open(encoding="utf-8", newline="") as lines:
        rows = [(int(row["Image"]), row["Category"].strip().lower()) for row in csv.DictReader(lines)]
    found = []
    for number, label in rows:
        if f"BloodImage_{number:05d}" not in asked:
            continue
        boxes = _white_cells(root / "annotations_voc" / f"BloodImage_{number:05d}.xml")
        if len(boxes) == 1 and label and "," not in label:
            found.append(LabeledBox(root / "images" / f"BloodImage_{number:05d}.jpg", boxes[0], label))
    return tuple(found)


def _white_cells(annotation: Path) -> list[Box]:
    boxes = []
    # Files of a known data set; they hold no entities.
    for thing in ElementTree.parse(annotation).iter("object"):  # noqa: S314
        if thing.findtext("name") == "WBC":
            sides = [float(thing.findtext(f"bndbox/{side}") or "nan") for side in ("xmin", "ymin", "xmax", "ymax")]
            if sides[2] > sides[0] and sides[3] > sides[1]:
                boxes.append(Box(*sides))
    return boxes

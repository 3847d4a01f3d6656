"""BCCD fields: boxes as Pascal VOC, one class a field in `wbc_class_labels.csv`.

Shenggan/BCCD_Dataset; classes by Banik et al. One field mostly holds one white cell.
"""

from __future__ import annotations

import csv
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from leukoscope.data.sources import voc
from leukoscope.data.sources.names import looks_named, paths_below
from leukoscope.data.sources.source import ClassNote, DataCard, Download, Imported, Problem
from leukoscope.domain.regions import Box
from leukoscope.errors import ManifestError

NAME = "bccd"
card = DataCard(
    name=NAME,
    title="BCCD: fields with boxes of white cells, red cells and platelets, and nucleus masks",
    level="field",
    classes=(
        ClassNote("WBC", "WBC", "Box of a white cell; the type stands in the label of the field."),
        ClassNote("RBC", "RBC", "Box of a red cell."),
        ClassNote("Platelets", "Platelets", "Box of a platelet."),
        ClassNote("neutrophil", "NEUTROPHIL", "Field whose white cells are neutrophils."),
        ClassNote("eosinophil", "EOSINOPHIL", "Field whose white cells are eosinophils."),
        ClassNote("lymphocyte", "LYMPHOCYTE", "Field whose white cells are lymphocytes."),
        ClassNote("monocyte", "MONOCYTE", "Field whose white cells are monocytes."),
        ClassNote("basophil", "BASOPHIL", "Field whose white cells are basophils."),
    ),
    citation="BCCD Dataset, GitHub Shenggan/BCCD_Dataset; nucleus masks and classes: Banik et al., GitHub "
    "ParthaPratimBanik/An-Automatic-Nucleus-Segmentation-and-CNN-Model-based-Classification-Method-of-White-Blood-Cell.",
    licence="MIT",
    url="https://github.com/Shenggan/BCCD_Dataset",
    official_splits="ImageSets/Main: train, val, test (trainval is the first two).",
    traps=(
        "No leukemia, and one field mostly holds one white cell.",
        "Two boxes have no area; the import leaves them out and says so.",
        "The table gives one label a field; where it names two types, the field is imported without label.",
        "Basophils are almost absent; neutrophils and eosinophils dominate.",
        "TXL-PBC takes in these fields, also resized and turned: take one of the two out.",
        "BloodImage_00037 and 00038 show the same field.",
        "24 of the masks are RGB, 280 are gray: convert them before use.",
        "The masks called nucleus masks mostly hold the cytoplasm too: nucleus white, cytoplasm gray (155 to 163).",
    ),
    downloads=(
        Download(
            "https://github.com/Shenggan/BCCD_Dataset/archive/d272fb14cdff6e473fafeeeba32aba5f560e9e43.zip",
            "BCCD_Dataset.zip",
        ),
    ),
    layout="BCCD/JPEGImages/BloodImage_00000.jpg, BCCD/Annotations/*.xml (VOC), BCCD/ImageSets; or images/, "
    "annotations_voc/, nucleus_masks/ and wbc_class_labels.csv",
)
Part = Literal["trainval", "test"]
_FILE_NAME = re.compile(r"(?:^|/)BloodImage_(?:Mask_)?(\d{5})\.(?:jpe?g|png)$")
_TABLE = "wbc_class_labels.csv"
_TYPES = ("neutrophil", "eosinophil", "lymphocyte", "monocyte", "basophil")


@dataclass(frozen=True, slots=True)
class LabeledBox:
    """The only white cell of a field: the field's picture, the cell's box and its class."""

    picture: Path
    box: Box
    label: str


def recognizes(root: Path) -> bool:
    """Whether there are VOC files, and most pictures are named as the set's."""
    return looks_named(root, _FILE_NAME) and voc.recognizes(root)


def read(root: Path) -> Imported:
    """The rows of the set: boxes and parts as VOC tells them, the type of the field's white cells as its label."""
    imported = voc.read(root)
    masks = {PurePosixPath(path).name: path for path in paths_below(root) if "BloodImage_Mask_" in path}
    labels, problems = _read_types(root)
    rows, strangers = [], []
    for row in imported.rows:
        said = _FILE_NAME.search(row.path)
        if said is None or "_Mask_" in row.path:
            strangers.append(Problem(row.path, None, "The name is not like BloodImage_00000.jpg; it is left out."))
            continue
        number = int(said[1])
        mask = masks.get(f"BloodImage_Mask_{said[1]}.png")
        rows.append(replace(row, label=labels.get(number), mask=mask, source=NAME, series="field", number=number))
    unknown = sorted(labels.keys() - {row.number for row in rows})
    problems += [Problem(_TABLE, None, f"There is no picture BloodImage_{number:05d}.jpg.") for number in unknown]
    return Imported(tuple(rows), (*imported.problems, *strangers, *problems))


def _read_types(root: Path) -> tuple[dict[int, str | None], list[Problem]]:
    """The type of the white cells of each field by number; None where the table names several or none."""
    labels: dict[int, str | None] = {}
    problems = []
    for line, number, category in _type_lines(root):
        named = sorted({one.strip().lower() for one in category.split(",") if one.strip()})
        if not number.isdecimal():
            problems.append(Problem(_TABLE, line, f"{number!r} is not the number of a field."))
            continue
        single = len(named) == 1 and named[0] in _TYPES
        labels[int(number)] = named[0] if single else None
        if not single:
            what = f"names {' and '.join(named)}" if named else "names no type"
            problems.append(Problem(_TABLE, line, f"Field {number} {what}; it is imported without label."))
    return labels, problems


def _type_lines(root: Path) -> Iterator[tuple[int, str, str]]:
    table = root / _TABLE
    if not table.is_file():
        return
    with table.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        for row in reader:
            yield reader.line_num, (row.get("Image") or "").strip(), row.get("Category") or ""


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

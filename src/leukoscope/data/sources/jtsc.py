"""JTSC (Jiangxi Tecom, "Dataset 1"): white-cell crops with masks of nucleus and cytoplasm, classes in a table.

Zheng et al. 2018, Micron 107, 55-71; GitHub zxaoyou/segmentation_WBC.
"""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

from leukoscope.data.manifest import Row
from leukoscope.data.sources.names import find_named, looks_named, read_lines
from leukoscope.data.sources.source import ClassNote, DataCard, Download, Imported, Problem

card = DataCard(
    name="jtsc-wbc",
    title="JTSC: white-cell crops with nucleus and cytoplasm masks",
    level="cell",
    classes=(
        ClassNote("neutrophil", "1", "Neutrophil."),
        ClassNote("lymphocyte", "2", "Lymphocyte."),
        ClassNote("monocyte", "3", "Monocyte."),
        ClassNote("eosinophil", "4", "Eosinophil."),
        ClassNote("basophil", "5", "Basophil."),
    ),
    citation="Zheng, Wang, Wang, Liu, Fast and robust segmentation of white blood cell images by self-supervised "
    "learning, Micron 107 (2018) 55-71; acknowledge Jiangxi Tecom Science Corporation.",
    licence="GPL-3.0 (the repository's; nothing separate is said for the images)",
    url="https://github.com/zxaoyou/segmentation_WBC",
    official_splits="None. 300 pictures.",
    traps=(
        "The authors warn that the classes were not checked by experts; the masks were drawn by experts.",
        "Hardly any basophils: not a set for five classes, but good for segmentation.",
        "112.bmp and 139.bmp are the same picture.",
        "Rapid stain, mostly yellowish background, sizes vary up to 120x120 pixels.",
        "In a mask the nucleus is white, the cytoplasm gray, the background black.",
    ),
    downloads=(
        Download(
            "https://github.com/zxaoyou/segmentation_WBC/archive/fa9c01622f52bccb9aeb8a6f2628f564e377767d.zip",
            "segmentation_WBC.zip",
        ),
    ),
    layout="Dataset 1/001.bmp with 001.png as its mask and `Class Labels of Dataset 1.csv`; or images/, masks/ and "
    "class_labels.csv",
)
_FILE_NAME = re.compile(r"(?:^|/)(?:Dataset 1|images)/(\d{3})\.bmp$")
_TABLES = ("class_labels.csv", "Class Labels of Dataset 1.csv")
_LABELS = {one.original: one.name for one in card.classes}


def recognizes(root: Path) -> bool:
    """Whether there is one of the tables of classes, and pictures as the set numbers them."""
    return root.is_dir() and _table(root) is not None and looks_named(root, re.compile(r"(?:^|/)\d{3}\.(?:bmp|png)$"))


def read(root: Path) -> Imported:
    """The rows of the set."""
    found = find_named(root, _FILE_NAME, "Dataset 1/001.bmp or images/001.bmp")
    table = _table(root)
    labels, problems = _read_labels(table)
    rows = [
        Row(
            one.path,
            label=labels.get(int(one.said[1])),
            mask=_mask_of(one.path),
            source=card.name,
            series="jtsc",
            number=int(one.said[1]),
        )
        for one in found.pictures
    ]
    problems += [
        Problem(row.path, None, "The table of classes does not name it; it stays without label.")
        for row in rows
        if row.label is None
    ]
    strangers = (one for one in found.problems if not one.file.endswith(".png") and "Dataset 2" not in one.file)
    return Imported(tuple(rows), (*strangers, *problems))


def _mask_of(path: str) -> str:
    folder, _, name = path.rpartition("/")
    above, _, own = folder.rpartition("/")
    place = f"{above}/masks".lstrip("/") if own == "images" else folder
    return f"{place}/{Path(name).stem}.png"


def _table(root: Path) -> Path | None:
    return next((found for name in _TABLES for found in sorted(root.rglob(name))), None)


def _read_labels(table: Path | None) -> tuple[dict[int, str], list[Problem]]:
    if table is None:
        return {}, [Problem(_TABLES[0], None, "The table of classes is missing.")]
    labels: dict[int, str] = {}
    problems = []
    for number, line in islice(read_lines(table), 1, None):
        said = re.fullmatch(r"0*(\d+)\s*,\s*([1-5])", line)
        if said is None:
            problems.append(Problem(table.name, number, f"{line[:60]!r} is not a picture's number and a class 1 to 5."))
        else:
            labels[int(said[1])] = _LABELS[said[2]]
    return labels, problems

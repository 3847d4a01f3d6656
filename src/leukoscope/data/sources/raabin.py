"""Raabin-WBC: cropped white cells in the folders Train, TestA and TestB, five classes each.

Kouzehkanan et al. 2022, Sci Rep 12:1123, doi 10.1038/s41598-021-04426-x.
"""

from __future__ import annotations

import re
from pathlib import Path

from leukoscope.data.manifest import Part, Row
from leukoscope.data.sources.names import find_named, looks_named
from leukoscope.data.sources.source import ClassNote, DataCard, Imported

card = DataCard(
    name="raabin-wbc",
    title="Raabin-WBC: cropped white cells of normal blood, two microscopes and cameras",
    level="cell",
    classes=(
        ClassNote("basophil", "Basophil", "Basophil."),
        ClassNote("eosinophil", "Eosinophil", "Eosinophil."),
        ClassNote("lymphocyte", "Lymphocyte", "Lymphocyte."),
        ClassNote("monocyte", "Monocyte", "Monocyte."),
        ClassNote("neutrophil", "Neutrophil", "Neutrophil."),
    ),
    citation="Kouzehkanan, Saghari, Tavakoli et al., A large dataset of white blood cells containing cell locations "
    "and types, along with segmented nuclei and cytoplasm, Sci Rep 12, 1123 (2022), doi 10.1038/s41598-021-04426-x.",
    licence="not established",
    url="https://raabindata.com/free-data/",
    official_splits="Train (10,175 cells), Test-A (4,339, same microscope and camera), Test-B (2,119, other microscope "
    "and camera). Both tests are imported as test; `source` tells them apart.",
    traps=(
        "Normal blood: no blasts here.",
        "Test-B comes from another microscope and camera and shows what a change of laboratory costs: report it apart.",
        "TXL-PBC takes in Raabin fields: not independent data.",
        "No patient ids are read from the file names: whether Train and Test-A share smears is not established.",
    ),
    layout="Train/Basophil/*.jpg, TestA/, TestB/",
    how_to_get="The owners' page, part `Double-labeled Raabin-WBC`.",
)
_TEST_FOLDERS = ("TestA", "Test-A", "TestB", "Test-B")
_FILE_NAME = re.compile(
    r"(?:^|/)(Train|Test-?A|Test-?B)/(Basophil|Eosinophil|Lymphocyte|Monocyte|Neutrophil)/[^/]+\.(?:jpe?g|png|bmp|tiff?)$",
    re.IGNORECASE,
)


def recognizes(root: Path) -> bool:
    """Whether most pictures lie in the set's folders, with a second test part or the name of the set in the path."""
    if not looks_named(root, _FILE_NAME):
        return False
    return "raabin" in root.name.lower() or any((root / name).is_dir() for name in _TEST_FOLDERS)


def read(root: Path) -> Imported:
    """The rows; part and class are the names of the folders."""
    found = find_named(root, _FILE_NAME, "Train/Basophil/picture.jpg")
    return Imported(tuple(_row(one.path, one.said) for one in found.pictures), found.problems)


def _row(path: str, said: re.Match[str]) -> Row:
    folder = said[1].lower().replace("-", "")
    part: Part = "train" if folder == "train" else "test"
    source = f"{card.name}-b" if folder == "testb" else card.name
    return Row(path, label=said[2].lower(), split=part, source=source)

"""Five folders of pictures: healthy, ALL, AML, CLL, CML, as system 5 of the sources used them."""

from __future__ import annotations

import re
from pathlib import Path

from leukoscope.data.manifest import Row
from leukoscope.data.sources.names import find_named, paths_below
from leukoscope.data.sources.source import ClassNote, DataCard, Imported

card = DataCard(
    name="subtypes",
    title="Leukemia subtypes: one folder each for healthy, ALL, AML, CLL and CML",
    level="field",
    classes=(
        ClassNote("healthy", "healthy", "Picture of a smear without leukemia, by its owner's word."),
        ClassNote("all", "ALL", "Picture of a patient with acute lymphoblastic leukemia."),
        ClassNote("aml", "AML", "Picture of a patient with acute myeloid leukemia."),
        ClassNote("cll", "CLL", "Picture of a patient with chronic lymphocytic leukemia."),
        ClassNote("cml", "CML", "Picture of a patient with chronic myeloid leukemia."),
    ),
    licence="not established",
    official_splits="None. The published system used 366 healthy, 50 ALL, 58 AML, 68 CLL and 65 CML pictures.",
    traps=(
        "The label is the patient's; nobody says which cell of a picture shows it.",
        "No patient ids, and such collections are drawn from several places: stain and camera may give the class away.",
        "The published system balanced and augmented before it split, so that copies stood on both sides.",
        "All pictures were turned into JPEG.",
    ),
    layout="healthy/, ALL/, AML/, CLL/, CML/ with pictures of any name",
    how_to_get="The collection of the published system is not public; any five such folders are read.",
)
_NAMES = {"healthy": "healthy", "normal": "healthy", "all": "all", "aml": "aml", "cll": "cll", "cml": "cml"}
_FILE_NAME = re.compile(rf"(?:^|/)({'|'.join(_NAMES)})/[^/]+\.(?:jpe?g|png|bmp|tiff?)$", re.IGNORECASE)


def recognizes(root: Path) -> bool:
    """Whether there are folders of at least four of the five names, two of the chronic or myeloid ones among them."""
    if not root.is_dir():
        return False
    found = {_NAMES[said[1].lower()] for path in paths_below(root) if (said := _FILE_NAME.search(path)) is not None}
    return len(found) >= 4 and len(found & {"aml", "cll", "cml"}) >= 2


def read(root: Path) -> Imported:
    """The rows; the class is the name of the folder."""
    found = find_named(root, _FILE_NAME, "AML/picture.jpg")
    rows = (Row(one.path, label=_NAMES[one.said[1].lower()], source=card.name) for one in found.pictures)
    return Imported(tuple(rows), found.problems)

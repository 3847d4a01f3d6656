"""ALL-IDB2: single cells `Im001_1.tif` (1: lymphoblast, 0: healthy), cut from the fields of ALL-IDB1.

Donida Labati et al. 2011, ICIP, 2045-2048.
"""

from __future__ import annotations

import re
from pathlib import Path

from leukoscope.data.manifest import Row
from leukoscope.data.sources.all_idb1 import CITATION
from leukoscope.data.sources.names import find_named, looks_named
from leukoscope.data.sources.source import ClassNote, DataCard, Imported

card = DataCard(
    name="all-idb2",
    title="ALL-IDB2: single cells, lymphoblast or healthy",
    level="cell",
    classes=(
        ClassNote("lymphoblast", "1", "Lymphoblast of a patient with acute lymphoblastic leukemia."),
        ClassNote("healthy", "0", "Healthy cell."),
    ),
    citation=CITATION,
    licence="on request from the owners, for research; not to be passed on",
    url="https://homes.di.unimi.it/scotti/all/",
    official_splits="None. 260 cells, half of them lymphoblasts.",
    traps=(
        "The cells are cut from the fields of ALL-IDB1: never train on one and test on the other.",
        "No patient ids: cells of one field stand under different numbers.",
        "Numbers of healthy and leukemic cells are two runs, so that a split by number must be made per class.",
    ),
    layout="img/Im001_1.tif, 257x257 pixels",
    how_to_get="By request to the owners, from the page above.",
)
_FILE_NAME = re.compile(r"(?:^|/)Im(\d{3})_([01])\.tiff?$", re.IGNORECASE)
_LABELS = {one.original: one.name for one in card.classes}


def recognizes(root: Path) -> bool:
    """Whether most pictures are named as the set's; a folder of ALL-IDB1 is told before."""
    return looks_named(root, _FILE_NAME)


def read(root: Path) -> Imported:
    """The rows of the set."""
    found = find_named(root, _FILE_NAME, "Im001_1.tif")
    rows = (
        Row(
            one.path,
            label=_LABELS[one.said[2]],
            source=card.name,
            series=_LABELS[one.said[2]],
            number=int(one.said[1]),
        )
        for one in found.pictures
    )
    return Imported(tuple(rows), found.problems)

"""ALL-IDB1: fields `Im001_1.jpg` (1: with lymphoblasts, 0: healthy) and the centers of the lymphoblasts, `Im001_1.xyc`.

Donida Labati et al. 2011, ICIP, 2045-2048.
"""

from __future__ import annotations

import re
from pathlib import Path

from leukoscope.data.manifest import Annotation, Row
from leukoscope.data.sources.names import find_named, looks_named, paths_below, read_lines
from leukoscope.data.sources.source import ClassNote, DataCard, Imported, Problem
from leukoscope.domain.regions import Box
from leukoscope.errors import ManifestError

CITATION = (
    "Donida Labati, Piuri, Scotti, ALL-IDB: the acute lymphoblastic leukemia image database for image processing, "
    "ICIP 2011, 2045-2048."
)
CENTER = "lymphoblast-center"
card = DataCard(
    name="all-idb1",
    title="ALL-IDB1: fields with and without lymphoblasts",
    level="field",
    classes=(
        ClassNote("all", "1", "Field of a patient with acute lymphoblastic leukemia."),
        ClassNote("healthy", "0", "Field of a person without it."),
    ),
    citation=CITATION,
    licence="on request from the owners, for research; not to be passed on",
    url="https://homes.di.unimi.it/scotti/all/",
    official_splits="None. 108 fields, 59 healthy and 49 with lymphoblasts.",
    traps=(
        "The .xyc files tell centers, not boxes: each is imported as a box of one pixel, labeled lymphoblast-center. "
        "Do not train a box head on them.",
        "Magnification differs between pictures (300 to 500), and so does their size.",
        "No patient ids; the cells of ALL-IDB2 are cut from these fields.",
    ),
    layout="im/Im001_1.jpg (or .tif) and xyc/Im001_1.xyc",
    how_to_get="By request to the owners, from the page above.",
)
_FILE_NAME = re.compile(r"(?:^|/)Im(\d{3})_([01])\.(?:jpe?g|tiff?|png)$", re.IGNORECASE)
_LABELS = {one.original: one.name for one in card.classes}


def recognizes(root: Path) -> bool:
    """Whether most pictures are named as the set's, and there are centers or few pictures."""
    if not looks_named(root, _FILE_NAME):
        return False
    paths = list(paths_below(root))
    return any(path.lower().endswith(".xyc") for path in paths) or "IDB1" in root.name.upper().replace("_", "")


def read(root: Path) -> Imported:
    """The rows of the set, with the centers of the lymphoblasts where they are given."""
    found = find_named(root, _FILE_NAME, "Im001_1.jpg")
    centers = {Path(path).stem.lower(): path for path in paths_below(root) if path.lower().endswith(".xyc")}
    rows, problems = [], list(found.problems)
    for one in found.pictures:
        file = centers.pop(Path(one.path).stem.lower(), None)
        boxes, faults = (None, []) if file is None else _read_centers(root, file)
        problems += faults
        rows.append(
            Row(
                one.path,
                label=_LABELS[one.said[2]],
                boxes=boxes,
                source=card.name,
                series="field",
                number=int(one.said[1]),
            )
        )
    problems += [Problem(file, None, "There is no picture of this name.") for file in sorted(centers.values())]
    return Imported(tuple(rows), tuple(problems))


def _read_centers(root: Path, file: str) -> tuple[tuple[Annotation, ...] | None, list[Problem]]:
    """The centers of a file, a pair of whole numbers each line; a healthy field has none."""
    boxes, problems = [], []
    try:
        for number, line in read_lines(root / file):
            said = re.fullmatch(r"(\d+)[\s,;]+(\d+)", line)
            if said is None:
                problems.append(Problem(file, number, f"{line[:60]!r} is not a center `x y` in pixels."))
            else:
                x, y = int(said[1]), int(said[2])
                boxes.append(Annotation(Box(x, y, x + 1, y + 1), CENTER))
    except ManifestError as fault:
        return None, [Problem(file, None, str(fault))]
    return tuple(boxes), problems

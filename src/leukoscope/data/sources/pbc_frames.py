"""PBC frames with one box each (YOLO): `images/<PREFIX>_<number>.jpg`, `labels/`, `classes.txt`.

Acevedo et al. 2020, DOI 10.17632/snkd93bnjr.1; boxes by GitHub medmabcf/White-Blood-Cell-Detection-Dataset.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from leukoscope.data.manifest import Annotation, Row
from leukoscope.data.sources import pbc_names, yolo
from leukoscope.data.sources.names import looks_named
from leukoscope.data.sources.source import DataCard, Imported, Problem

card = DataCard(
    name="pbc-frames",
    title="PBC (Acevedo): full frames with one white-cell box each",
    level="field",
    classes=tuple(one for one in pbc_names.CLASSES if one.name != "platelet"),
    citation=pbc_names.CITATION,
    licence="CC BY 4.0 according to third parties; boxes added by another author",
    url=pbc_names.URL,
    official_splits="None.",
    traps=(
        "240 of the frames are also in pbc-crops as crops: take them out by name before you train on one and test on "
        "the other.",
        "Exactly one box a frame: red cells, platelets and second white cells are not marked and are no background.",
        "The box is almost always in the middle: a detector can learn the middle.",
        "No donor ids; the files are re-encoded.",
    ),
    layout="images/SNE_100123.jpg, labels/SNE_100123.txt (YOLO), classes.txt",
    how_to_get="GitHub medmabcf/White-Blood-Cell-Detection-Dataset, folders train and val.",
)
_NAMES = {one.original: one.name for one in card.classes}


def recognizes(root: Path) -> bool:
    """Whether it is the YOLO layout, and the pictures are named as PBC's."""
    return yolo.recognizes(root) and looks_named(root, pbc_names.FILE_NAME)


def read(root: Path) -> Imported:
    """The rows of the set: class and sub-type by name, the box as it is."""
    imported = yolo.read(root)
    problems = list(imported.problems)
    rows = []
    for row in imported.rows:
        said = pbc_names.FILE_NAME.search(row.path)
        if said is None:
            problems.append(Problem(row.path, None, f"The name is not like {pbc_names.EXPECTED}; it is left out."))
            continue
        named = pbc_names.row_of(row.path, said, card.name)
        rows.append(replace(named, boxes=_renamed(row), width=row.width, height=row.height, split=row.split))
        problems += _contradictions(rows[-1])
    return Imported(tuple(rows), tuple(problems))


def _renamed(row: Row) -> tuple[Annotation, ...] | None:
    """The boxes under leukoscope's names."""
    if row.boxes is None:
        return None
    return tuple(replace(one, label=_NAMES.get(one.label, one.label)) for one in row.boxes)


def _contradictions(row: Row) -> list[Problem]:
    said = {one.label for one in row.boxes or ()} - {row.label}
    what = f"The box says {', '.join(sorted(said))}, the name says {row.label}; both are kept."
    return [Problem(row.path, None, what)] if said else []

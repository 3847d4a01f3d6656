"""PBC single-cell crops: `<class>/<PREFIX>_<number>.jpg`, square, native size up to 224 px, and `crops.csv`.

Acevedo et al. 2020, DOI 10.17632/snkd93bnjr.1. No donor ids; the prefix is the sub-type.
"""

from __future__ import annotations

import csv
from pathlib import Path

from leukoscope.data.sources import pbc_names
from leukoscope.data.sources.names import find_named, looks_named
from leukoscope.data.sources.source import DataCard, Imported, Problem
from leukoscope.errors import ManifestError

NAME = "pbc-crops"
card = DataCard(
    name=NAME,
    title="PBC (Acevedo): single-cell crops",
    level="cell",
    classes=tuple(one for one in pbc_names.CLASSES if one.name != "platelet"),
    citation=pbc_names.CITATION,
    licence="CC BY 4.0 according to third parties; changes made: cropped, some resized, re-encoded",
    url=pbc_names.URL,
    official_splits="None. The column origin_split of crops.csv is another author's random split and is not imported.",
    traps=(
        "No donor ids: a random split mixes donors, and figures on this set are optimistic.",
        "Crops are 95 to 224 pixels wide with the cell; resizing all to one size removes the cue of size.",
        "The crops were encoded at least three times; a few cells come twice, shifted by some pixels.",
        "Class ig means immature granulocytes; expect label noise between neighboring maturation stages.",
        "Healthy donors, one stain and one scanner: no blasts and no platelets here.",
        "Some cells also stand in pbc-frames and txl-pbc: not independent data.",
    ),
    layout="<class>/SNE_100123.jpg, square crops, with a crops.csv of their places in the frames",
    how_to_get="Made from the folders train and val of GitHub medmabcf/White-Blood-Cell-Detection-Dataset, by cropping "
    "around the box given there.",
)


def recognizes(root: Path) -> bool:
    """Whether there is a table of crops, and most pictures are named as PBC's."""
    return (root / "crops.csv").is_file() and looks_named(root, pbc_names.FILE_NAME)


def read(root: Path) -> Imported:
    """The rows of the set; class and sub-type are those of the file names.

    Raises:
        ManifestError: The folder holds none of the set's pictures.
    """
    found = find_named(root, pbc_names.FILE_NAME, pbc_names.EXPECTED)
    rows = tuple(pbc_names.row_of(one.path, one.said, NAME) for one in found.pictures)
    odd = [problem for row in rows if (problem := pbc_names.other_folder(row)) is not None]
    known = frame_sides(root)
    odd += [Problem(row.path, None, "crops.csv does not name it.") for row in rows if row.path not in known]
    missing = sorted(known.keys() - {row.path for row in rows})
    odd += [Problem(path, None, "crops.csv names it, but there is no such picture.") for path in missing]
    return Imported(rows, (*found.problems, *odd))


def frame_sides(root: Path) -> dict[str, int]:
    """Side of each crop's window in its frame, in pixels, by name: crops above 224 were made smaller.

    Raises:
        ManifestError: There is no `crops.csv`.
    """
    table = root / "crops.csv"
    if not table.is_file():
        raise ManifestError(f"{table} is missing.", hint="The set comes with this table.")
    with table.open(encoding="utf-8", newline="") as lines:
        return {row["file"]: int(row["side_in_frame"]) for row in csv.DictReader(lines)}

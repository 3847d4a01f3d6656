"""PBC as its authors gave it: `<class>/<PREFIX>_<number>.jpg`, one cell of a healthy donor in each frame.

Acevedo et al. 2020, DOI 10.17632/snkd93bnjr.1.
"""

from __future__ import annotations

from pathlib import Path

from leukoscope.data.sources import pbc_names
from leukoscope.data.sources.names import find_named, looks_named
from leukoscope.data.sources.source import DataCard, Imported

card = DataCard(
    name="pbc",
    title="PBC (Acevedo): peripheral blood cells of healthy donors, full set",
    level="cell",
    classes=pbc_names.CLASSES,
    citation=pbc_names.CITATION,
    licence="CC BY 4.0 according to third parties",
    url=pbc_names.URL,
    official_splits="None. 17,092 frames: neutrophil 3,329, eosinophil 3,117, basophil 1,218, lymphocyte 1,214, "
    "monocyte 1,420, ig 2,895, erythroblast 1,551, platelet 2,348.",
    traps=(
        "No donor ids: a random split mixes donors, and figures on this set are optimistic.",
        "Class ig means immature granulocytes, not immunoglobulin.",
        "Neighboring maturation stages (MMY, MY, PMY; BNE, SNE) are hard to tell apart: expect label noise.",
        "Healthy donors, one stain and one scanner: no blasts here.",
        "BloodMNIST, TXL-PBC and the sets pbc-crops and pbc-frames show the same cells: not independent data.",
    ),
    layout="PBC_dataset_normal_DIB/<class>/SNE_100123.jpg, 360x363 pixels",
    how_to_get="Mendeley Data, from the page of the DOI.",
)


def recognizes(root: Path) -> bool:
    """Whether most pictures are named as the set's; crops and frames are told before."""
    return looks_named(root, pbc_names.FILE_NAME)


def read(root: Path) -> Imported:
    """The rows of the set; class and sub-type are those of the file names."""
    found = find_named(root, pbc_names.FILE_NAME, pbc_names.EXPECTED)
    rows = tuple(pbc_names.row_of(one.path, one.said, card.name) for one in found.pictures)
    odd = tuple(problem for row in rows if (problem := pbc_names.other_folder(row)) is not None)
    return Imported(rows, (*found.problems, *odd))

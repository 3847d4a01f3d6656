"""APL against AML: single cells named by the patient's disease, `<disease>___<cell type>_<cell id>_<count>.jpg`.

Sidhom et al. 2021, DOI 10.6084/m9.figshare.14294675.v1.
"""

from __future__ import annotations

import re
from pathlib import Path

from leukoscope.data.manifest import Row
from leukoscope.data.sources.names import find_named, looks_named
from leukoscope.data.sources.source import ClassNote, DataCard, Imported

card = DataCard(
    name="apl-aml",
    title="APL and AML: peripheral blood cells, labeled by the patient",
    level="cell",
    classes=(
        ClassNote("aml", "AML", "Cell of a patient with acute myeloid leukemia; the cell itself may be normal."),
        ClassNote("apl", "APL", "Cell of a patient with acute promyelocytic leukemia; the cell itself may be normal."),
    ),
    citation="Sidhom et al., npj Precision Oncology 2021; data record: DOI 10.6084/m9.figshare.14294675.v1.",
    licence="not established",
    url="https://doi.org/10.6084/m9.figshare.14294675.v1",
    official_splits="None that the file names tell.",
    traps=(
        "The label is the patient's, not the cell's: some are smudge cells, lymphocytes or artifacts. Judge patients.",
        "No patient ids; cell ids that lie close together are probably one slide: never divide them (series and number "
        "are imported).",
        "The sample of 28 pictures is for reading tests only.",
    ),
    layout="AML/AML___LY_13158123_101.jpg, APL/",
    how_to_get="figshare, from the page of the DOI.",
)
_FILE_NAME = re.compile(r"(?:^|/)(AML|APL)___([A-Z]+)_(\d+)_\d+\.jpe?g$", re.IGNORECASE)


def recognizes(root: Path) -> bool:
    """Whether most pictures are named as the set's."""
    return looks_named(root, _FILE_NAME)


def read(root: Path) -> Imported:
    """The rows: the label is the patient's disease, the sub-type is what the cell is."""
    found = find_named(root, _FILE_NAME, "APL___LY_13158123_101.jpg")
    rows = (_row(one.path, one.said) for one in found.pictures)
    return Imported(tuple(rows), found.problems)


def _row(path: str, said: re.Match[str]) -> Row:
    return Row(
        path,
        label=said[1].lower(),
        subtype=said[2].upper(),
        source=card.name,
        series="cell-id",
        number=int(said[3]) if int(said[3]) < 2**31 else None,
    )

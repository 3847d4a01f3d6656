"""What the file names of the PBC set of Acevedo et al. say: `<PREFIX>_<number>.jpg`, the prefix being the sub-type."""

from __future__ import annotations

import re

from leukoscope.data.manifest import Row
from leukoscope.data.sources.source import ClassNote, Problem

_PREFIXES = "BA|EO|ERB|IG|MMY|MY|PMY|LY|MO|BNE|SNE|NEUTROPHIL|PLATELET"
FILE_NAME = re.compile(rf"(?:^|/)({_PREFIXES})_(\d+)\.jpe?g$", re.IGNORECASE)
EXPECTED = "SNE_100123.jpg"
CITATION = (
    "Acevedo, Merino, Alferez, Molina, Boldu, Rodellar, A dataset of microscopic peripheral blood cell images for "
    "development of automatic recognition systems, Data in Brief 30 (2020) 105474; DOI 10.17632/snkd93bnjr.1."
)
URL = "https://doi.org/10.17632/snkd93bnjr.1"
CLASSES = (
    ClassNote("neutrophil", "neutrophil", "Band (BNE), segmented (SNE) and unspecified (NEUTROPHIL) neutrophils."),
    ClassNote("eosinophil", "eosinophil", "Eosinophil (EO)."),
    ClassNote("basophil", "basophil", "Basophil (BA)."),
    ClassNote("lymphocyte", "lymphocyte", "Lymphocyte (LY)."),
    ClassNote("monocyte", "monocyte", "Monocyte (MO)."),
    ClassNote(
        "immature-granulocyte",
        "ig",
        "Promyelocytes (PMY), myelocytes (MY), metamyelocytes (MMY) and unspecified immature granulocytes (IG).",
    ),
    ClassNote("erythroblast", "erythroblast", "Nucleated red cell (ERB)."),
    ClassNote("platelet", "platelet", "Platelet (PLATELET)."),
)

_MEANING: dict[str, tuple[str, str | None]] = {
    "BA": ("basophil", None),
    "EO": ("eosinophil", None),
    "ERB": ("erythroblast", None),
    "IG": ("immature-granulocyte", None),
    "MMY": ("immature-granulocyte", "metamyelocyte"),
    "MY": ("immature-granulocyte", "myelocyte"),
    "PMY": ("immature-granulocyte", "promyelocyte"),
    "LY": ("lymphocyte", None),
    "MO": ("monocyte", None),
    "BNE": ("neutrophil", "band"),
    "SNE": ("neutrophil", "segmented"),
    "NEUTROPHIL": ("neutrophil", None),
    "PLATELET": ("platelet", None),
}
_FOLDERS = {one.original: one.name for one in CLASSES}


def row_of(path: str, said: re.Match[str], source: str) -> Row:
    """A picture by its name: class, sub-type, and the series whose numbers count together."""
    label, subtype = _MEANING[said[1].upper()]
    return Row(path, label=label, subtype=subtype, source=source, series=said[1].lower(), number=int(said[2]))


def other_folder(row: Row) -> Problem | None:
    """A problem where the folder of a picture is the one of another class than its name."""
    folder = row.path.rpartition("/")[0].rpartition("/")[2].lower()
    if _FOLDERS.get(folder, row.label) == row.label:
        return None
    return Problem(row.path, None, f"The folder says {folder}, the name says {row.label}; the name was followed.")

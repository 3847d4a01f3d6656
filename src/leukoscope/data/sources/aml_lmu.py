"""AML-Cytomorphology_LMU (Munich): single cells, `<CODE>/<CODE>_<number>.tiff`, 15 classes.

Matek et al. 2019, DOI 10.7937/tcia.2019.36f5o9ld; Nat Mach Intell 1, 538-544.
"""

from __future__ import annotations

import re
from pathlib import Path

from leukoscope.data.manifest import Row
from leukoscope.data.sources.names import find_named, looks_named, read_lines
from leukoscope.data.sources.source import ClassNote, DataCard, Imported, Problem

card = DataCard(
    name="aml-lmu",
    title="AML-Cytomorphology_LMU (Munich): single cells of patients with AML and of controls",
    level="cell",
    classes=(
        ClassNote("basophil", "BAS", "Basophil."),
        ClassNote("erythroblast", "EBO", "Erythroblast."),
        ClassNote("eosinophil", "EOS", "Eosinophil."),
        ClassNote("smudge-cell", "KSC", "Smudge cell: a crushed one."),
        ClassNote("atypical-lymphocyte", "LYA", "Atypical lymphocyte."),
        ClassNote("lymphocyte", "LYT", "Typical lymphocyte."),
        ClassNote("metamyelocyte", "MMZ", "Metamyelocyte."),
        ClassNote("monoblast", "MOB", "Monoblast."),
        ClassNote("monocyte", "MON", "Monocyte."),
        ClassNote("myelocyte", "MYB", "Myelocyte."),
        ClassNote("myeloblast", "MYO", "Myeloblast."),
        ClassNote("band-neutrophil", "NGB", "Neutrophil with a band nucleus."),
        ClassNote("segmented-neutrophil", "NGS", "Neutrophil with a segmented nucleus."),
        ClassNote("bilobed-promyelocyte", "PMB", "Promyelocyte with a bilobed nucleus."),
        ClassNote("promyelocyte", "PMO", "Promyelocyte."),
    ),
    citation="Matek, Schwarz, Marr, Spiekermann, A single-cell morphological dataset of leukocytes from AML patients "
    "and non-malignant controls, The Cancer Imaging Archive 2019, DOI 10.7937/tcia.2019.36f5o9ld; Nat Mach Intell 1, "
    "538-544 (2019).",
    licence="CC BY 3.0 according to third parties; the archive's own page was not read",
    url="https://doi.org/10.7937/tcia.2019.36f5o9ld",
    official_splits="None. 18,365 cells: NGS 8,484, LYT 3,937, MYO 3,268, MON 1,789, EOS 424, NGB 109, BAS 79, EBO 78, "
    "PMO 70, MYB 42, MOB 26, PMB 18, KSC 15, MMZ 15, LYA 11.",
    traps=(
        "No patient ids in the names: a random split mixes patients.",
        "The classes are extremely unequal, from 11 to 8,484 cells.",
        "Some copies are RGBA; the alpha channel is 255 everywhere and is dropped.",
        "annotations.dat holds second opinions for some cells; where one differs from the folder, the import says so.",
    ),
    layout="<CODE>/<CODE>_0001.tiff, 400x400, with annotations.dat",
    how_to_get="The Cancer Imaging Archive, through its own transfer client.",
)

_NAMES = {one.original: one.name for one in card.classes}
_CODES = "|".join(_NAMES)
_FILE_NAME = re.compile(rf"(?:^|/)(?:(?:{_CODES})___)?({_CODES})_(\d+)(?:_\d+)?\.tiff?$", re.IGNORECASE)
_TABLE = "annotations.dat"


def recognizes(root: Path) -> bool:
    """Whether most pictures are named as the set's."""
    return looks_named(root, _FILE_NAME)


def read(root: Path) -> Imported:
    """The rows of the set; the class is the code in the file name."""
    found = find_named(root, _FILE_NAME, "MYO_0001.tiff")
    rows = tuple(_row(one.path, one.said) for one in found.pictures)
    return Imported(rows, (*found.problems, *_second_opinions(root, {row.path for row in rows})))


def _row(path: str, said: re.Match[str]) -> Row:
    code = said[1].upper()
    return Row(path, label=_NAMES[code], source=card.name, series=code.lower(), number=int(said[2]))


def _second_opinions(root: Path, known: set[str]) -> list[Problem]:
    """What the table of annotations says otherwise than the file names: lines `<file> <code> [<code> ...]`."""
    tables = sorted(root.rglob(_TABLE))
    if not tables:
        return []
    names = {path.rpartition("/")[2] for path in known}
    problems = []
    for number, line in read_lines(tables[0]):
        cells = line.replace(",", " ").split()
        said, file = _FILE_NAME.search(cells[0]), cells[0].rpartition("/")[2]
        if said is None:
            if number > 1:
                problems.append(Problem(_TABLE, number, f"{line[:60]!r} does not start with a picture's name."))
        elif file not in names:
            problems.append(Problem(_TABLE, number, f"There is no picture {file}."))
        elif others := {code.upper() for code in cells[1:] if code.upper() in _NAMES} - {said[1].upper()}:
            what = f"{file} was also called {', '.join(sorted(others))}; the code of its name is kept."
            problems.append(Problem(_TABLE, number, what))
    return problems

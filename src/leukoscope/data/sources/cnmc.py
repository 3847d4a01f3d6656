"""C-NMC 2019: single cells on black, `UID_<patient>_<image>_<cell>_<class>.bmp`, patients told by the name.

Gupta & Gupta, DOI 10.7937/tcia.2019.dc64i46r. Read are the official folders, copies that come with a `manifest.csv` of
their official hashes, and a list of official paths and hashes without pixels.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from leukoscope.data.manifest import Row
from leukoscope.data.sources.names import find_named, looks_named, paths_below, read_lines
from leukoscope.data.sources.source import ClassNote, DataCard, Imported, Problem
from leukoscope.errors import ManifestError

card = DataCard(
    name="cnmc-2019",
    title="C-NMC 2019 (ISBI 2019 ALL challenge): lymphoblasts and normal precursors",
    level="cell",
    classes=(
        ClassNote("all", "all", "Leukemic B lymphoblast of a patient with acute lymphoblastic leukemia."),
        ClassNote("hem", "hem", "Normal B-lymphoid precursor."),
    ),
    citation="Gupta & Gupta, ALL Challenge dataset of ISBI 2019 (C-NMC 2019), The Cancer Imaging Archive, "
    "DOI 10.7937/tcia.2019.dc64i46r.",
    licence="CC BY 3.0 according to third parties; the archive's own page was not read",
    url="https://doi.org/10.7937/tcia.2019.dc64i46r",
    official_splits="Training in three folds by patient (10,661 cells: 7,272 all, 3,389 hem); preliminary test "
    "(1,867 cells: 1,219 all, 648 hem, 28 other patients); final test (2,586 cells, labels not published).",
    traps=(
        "Split by patient group, never by picture: a random split adds about 0.04 AUROC.",
        "106 pairs of official files are byte-identical, many across patients and folds: 51=75=78, 20=21, "
        "H2=H4=H5=H6 and H10=h3 are imported as one group each.",
        "More ids show the same cells in other files: H14=H24, H7=H2 and 16=20. They are imported apart; give `data "
        "split` the pairs (`recipes/splits/cnmc-2019-pairs.csv`), or let it search for copies.",
        "Cell size is a shortcut: the area of the mask alone gives an AUC of 0.84 to 0.87 across the official folds.",
        "The black background and its outline come from the set's own segmentation; a model learns to expect it.",
        "Normal cells come from few patients, so that intervals must be by patient and are wide.",
        "One patient is written in lower case (h3).",
    ),
    layout="C-NMC_training_data/fold_0..2/{all,hem}/UID_11_10_1_all.bmp, preliminary and final test in folders of "
    "their own; or all/ and hem/ with a manifest.csv of official hashes; or a list `path<TAB>sha256`",
    how_to_get="The Cancer Imaging Archive hands it out through its own page and transfer client.",
)

_NAME = re.compile(
    r"(?:^|/)UID_(?P<patient>[Hh]?\d+)_(?P<image>\d+)_(?P<cell>\d+)_(?P<label>all|hem)\.(?:bmp|png|jpg)$"
)
_TEST_NAME = re.compile(r"_test_(?:prelim|final)_phase_data[^/]*/\d+\.bmp$")
_EITHER = re.compile(f"(?:{_NAME.pattern})|(?:{_TEST_NAME.pattern})")
_EXPECTED = "UID_11_10_1_all.bmp"
_FOLD = re.compile(r"(?:^|/)fold_([0-2])(?:/|$)")
_SAME_BLOOD = (("51", "75", "78"), ("20", "21"), ("H2", "H4", "H5", "H6"), ("H10", "H3"))
_GROUPS = {patient: group[0] for group in _SAME_BLOOD for patient in group}
_COPY_COLUMNS = (("path", "official_fold", "official_bmp_sha256"), ("file", "official_split", "sha256_of_official_bmp"))
"""How the tables beside converted copies name the file, its official part and its official hash."""
_LABELS = {"1": "all", "0": "hem"}


def patient_group(patient: str) -> str:
    """The first of the patients that share pictures with a patient; the patient where there are none.

    Example:
        >>> patient_group("75"), patient_group("h3"), patient_group("11")
        ('51', 'H10', '11')
    """
    return _GROUPS.get(patient.upper(), patient.upper())


def recognizes(root: Path) -> bool:
    """Whether most pictures are named as the set's, or the file is a list of its official hashes."""
    if root.is_file():
        return root.name.endswith((".tsv", ".tsv.gz")) and any(_EITHER.search(path) for path in _first_paths(root))
    return looks_named(root, _EITHER)


def read(root: Path) -> Imported:
    """The rows of a folder of the set, or of a list `path<TAB>sha256` of its official files."""
    if root.is_file():
        return _read_list(root)
    found = find_named(root, _EITHER, _EXPECTED)
    copies, copy_problems = _official_files(root)
    rows, label_problems = _with_test_labels([_row(one.path) for one in found.pictures], root)
    rows = [_as_copy(row, copies[row.path]) if row.path in copies else row for row in rows]
    return Imported(tuple(rows), (*found.problems, *copy_problems, *label_problems))


def _row(path: str, sha256: str | None = None) -> Row:
    said = _NAME.search(path)
    if said is None:
        return Row(path, sha256=sha256, source=card.name, split="test")
    row, fold = _with_patient(Row(path, sha256=sha256, source=card.name), said), _FOLD.search(path)
    return row if fold is None else replace(row, split="train", fold=int(fold[1]))


def _with_patient(row: Row, said: re.Match[str]) -> Row:
    patient = said["patient"].upper()
    return replace(row, label=said["label"], patient=patient, group=patient_group(patient))


# --- preliminary test: numbered pictures, told apart by a table -------------------------------------------------------


def _with_test_labels(rows: list[Row], root: Path) -> tuple[list[Row], list[Problem]]:
    """The rows with patient and label of the preliminary test filled in from its table."""
    numbered = [row for row in rows if row.label is None and "prelim" in row.path]
    table = _table_of_test(root)
    if not numbered:
        return rows, []
    if table is None:
        what = f"{len(numbered)} pictures of the preliminary test stay without label: its table of labels is missing."
        return rows, [Problem(numbered[0].path, None, what)]
    names, problems = _read_table_of_test(table)
    told = {row.path: names.get(Path(row.path).name) for row in numbered}
    missing = [path for path, said in told.items() if said is None]
    problems += [Problem(path, None, f"{table.name} does not name it; it stays without label.") for path in missing]
    return [row if (said := told.get(row.path)) is None else _with_patient(row, said) for row in rows], problems


def _table_of_test(root: Path) -> Path | None:
    tables = (root / path for path in paths_below(root) if path.lower().endswith(".csv"))
    return next((table for table in tables if _is_table_of_test(table)), None)


def _is_table_of_test(table: Path) -> bool:
    with table.open("rb") as content:
        return content.read(40).lstrip(b"\xef\xbb\xbf").startswith(b"Patient_ID,new_names,labels")


def _read_table_of_test(table: Path) -> tuple[dict[str, re.Match[str]], list[Problem]]:
    names, problems = {}, []
    for number, line in islice(read_lines(table), 1, None):
        cells = [cell.strip() for cell in line.split(",")]
        said = _NAME.search(cells[0])
        if said is None or len(cells) != 3 or _LABELS.get(cells[2]) != said["label"]:
            problems.append(Problem(table.name, number, f"{line[:60]!r} is not like UID_57_29_1_all.bmp,1.bmp,1."))
        else:
            names[cells[1]] = said
    return names, problems


# --- converted copies that come with the official hashes --------------------------------------------------------------


def _official_files(root: Path) -> tuple[dict[str, tuple[str, str]], list[Problem]]:
    """Official part and hash of each converted picture, by its path."""
    table = root / "manifest.csv"
    if not table.is_file():
        return {}, []
    with table.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        fitting = [names for names in _COPY_COLUMNS if set(names) <= set(reader.fieldnames or ())]
        if not fitting:
            return {}, [Problem(table.name, 1, f"The table lacks the columns {', '.join(_COPY_COLUMNS[0])}.")]
        path, part, sha256 = fitting[0]
        copies = {row[path]: (row[part], row[sha256]) for row in reader}
    missing = sorted(name for name in copies if not (root / name).is_file())
    return copies, [Problem(name, None, "manifest.csv names it, but there is no such file.") for name in missing]


def _as_copy(row: Row, official: tuple[str, str]) -> Row:
    part, sha256 = official
    fold = re.fullmatch(r"fold_([0-2])", part)
    row = replace(row, original_sha256=sha256 if re.fullmatch("[0-9a-f]{64}", sha256) else None)
    if fold is not None:
        return replace(row, split="train", fold=int(fold[1]))
    return replace(row, split="test") if part.startswith("prelim_test") else row


# --- a list of official files without pixels --------------------------------------------------------------------------


def _read_list(file: Path) -> Imported:
    rows, problems = [], []
    for number, line in enumerate(_lines_of(file), start=1):
        path, _, sha256 = line.rstrip("\r\n").partition("\t")
        if path.endswith(".csv"):
            continue
        if _EITHER.search(path) is None or re.fullmatch("[0-9a-f]{64}", sha256) is None:
            problems.append(Problem(file.name, number, f"{line[:60]!r} is not a path of the set and its SHA-256."))
            continue
        rows.append(_row(path, sha256))
    labeled, more = _with_test_labels(rows, file.parent)
    return Imported(tuple(labeled), (*problems, *more))


def _first_paths(file: Path) -> list[str]:
    try:
        return [line.partition("\t")[0] for line in islice(_lines_of(file), 50)]
    except ManifestError:
        return []


def _lines_of(file: Path) -> Iterator[str]:
    try:
        if file.suffix == ".gz":
            with gzip.open(file, "rt", encoding="utf-8") as lines:
                yield from lines
        else:
            with file.open(encoding="utf-8") as lines:
                yield from lines
    except (OSError, EOFError, ValueError, zlib.error) as fault:
        raise ManifestError(f"{file} cannot be read: {fault}", hint="Give a list path<TAB>sha256.") from fault

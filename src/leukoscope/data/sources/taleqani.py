"""Taleqani B-ALL fields: `<Class>/WBC-[Malignant-]<Class>-<number>.jpg`, 224 x 224, scale bar at the lower right.

Aria et al. 2021, DOI 10.34740/KAGGLE/DSV/2175623. No patient ids; neighbors in number are often one patient.
"""

from __future__ import annotations

import re
from pathlib import Path

from leukoscope.data.manifest import Row
from leukoscope.data.sources.names import find_named, looks_named
from leukoscope.data.sources.source import ClassNote, DataCard, Imported

NAME = "taleqani-all"
card = DataCard(
    name=NAME,
    title="Taleqani B-ALL peripheral blood fields",
    level="field",
    classes=(
        ClassNote(
            "benign", "Benign", "Field with hematogones, normal precursors that resemble blasts; not healthy blood."
        ),
        ClassNote("early", "Early", "Field of a patient with B-ALL whose blasts the authors call early pre-B."),
        ClassNote("pre", "Pre", "Field of a patient with B-ALL whose blasts the authors call pre-B."),
        ClassNote("pro", "Pro", "Field of a patient with B-ALL whose blasts the authors call pro-B."),
    ),
    citation="Aria, Ghaderzadeh, Bashash, Abolghasemi, Asadi, Hosseini, Acute Lymphoblastic Leukemia (ALL) image "
    "dataset, 2021, DOI 10.34740/KAGGLE/DSV/2175623; Ghaderzadeh et al., Int J Intell Syst 2022;37:5113-5133.",
    licence="not established",
    url="https://doi.org/10.34740/KAGGLE/DSV/2175623",
    official_splits="None. 3,256 fields of 89 patients.",
    traps=(
        "No patient ids: neighbors in number are often one patient. Split by blocks of numbers (series and number are "
        "imported), never at random.",
        "The same field was taken again, shifted and refocused, also hundreds of numbers apart (Pro-387 and Pro-506, "
        "Pro-569 and Pro-646).",
        "Scale bars of several styles are burnt in at the lower right; the style differs between groups.",
        "Color statistics alone (12 numbers, 5-NN) give 97.8 % at random and 91.7 % by blocks: quote them.",
        "The label is the patient's; a picture is a field of several cells.",
    ),
    layout="Benign/WBC-Benign-001.jpg, Early/WBC-Malignant-Early-001.jpg, Pre/, Pro/",
    how_to_get="Kaggle item mehradaria/leukemia, with an account there.",
)

_FILE_NAME = re.compile(r"(?:^|/)WBC-(?:Malignant-)?(Benign|Early|Pre|Pro)-(\d+)\.jpe?g$", re.IGNORECASE)


def recognizes(root: Path) -> bool:
    """Whether most pictures are named as the set's."""
    return looks_named(root, _FILE_NAME)


def read(root: Path) -> Imported:
    """The rows of the set; series and number are those of the file names."""
    found = find_named(root, _FILE_NAME, "WBC-Malignant-Early-001.jpg")
    rows = []
    for one in found.pictures:
        label = one.said[1].lower()
        rows.append(Row(one.path, label=label, source=NAME, series=label, number=int(one.said[2])))
    return Imported(tuple(rows), found.problems)

"""What does the table of a set say?  Column by column, so that a million rows take seconds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from leukoscope.data.description.boxes import count_boxes
from leukoscope.data.description.spreads import spread_of
from leukoscope.data.description.values import UNLABELED, Count, Cross, Duplicates, Patients, Tables
from leukoscope.data.manifest import COLUMNS, PARTS, Manifest

if TYPE_CHECKING:
    import pandas as pd

_MOST_PATIENTS = 20
_NOT_SAID = "(not said)"


def count_table(manifest: Manifest) -> Tables:
    """Count what the columns of a manifest say; no picture is opened."""
    table = manifest.table
    return Tables(
        classes=_counts(class_column(table)),
        subtypes=_subtypes(table),
        crosses=tuple(_crosses(table)),
        patients=_patients(table),
        filled=tuple(Count(column, int(table[column].notna().sum())) for column in COLUMNS if column != "schema"),
        boxes=count_boxes(table["boxes"]),
        duplicates=count_duplicates(table),
    )


def class_column(table: pd.DataFrame) -> pd.Series:
    """The class of each row as text, with a name for pictures that have none."""
    return _text(table["label"], UNLABELED)


def count_duplicates(table: pd.DataFrame) -> Duplicates:
    """Count files and looks that come more than once, by the hashes in the table."""
    hashed = table[table["sha256"].notna()]
    hashes = hashed["sha256"].astype("object")
    looks = table.loc[table["phash"].notna(), "phash"].astype("object")
    first_of_file = ~table["sha256"].astype("object").duplicated() | table["sha256"].isna()
    distinct = looks[first_of_file.reindex(looks.index)]
    return Duplicates(
        hashed=len(hashed),
        copies=int(hashes.duplicated().sum()),
        copies_with_other_label=_in_several(hashes, hashed["label"]),
        copies_across_parts=_in_several(hashes, hashed["split"]),
        perceptual=len(looks),
        look_alikes=int(distinct.duplicated().sum()),
    )


def _in_several(keys: pd.Series, values: pd.Series) -> int:
    """How many keys come with more than one value; empty values do not count."""
    import pandas as pd

    known = keys.notna() & values.notna()
    pairs = pd.DataFrame({"key": keys[known].astype("object"), "value": values[known].astype("object")})
    return int(pairs.drop_duplicates()["key"].value_counts().gt(1).sum())


def _text(column: pd.Series, absent: str) -> pd.Series:
    return column.astype("object").fillna(absent).astype(str)


def _counts(column: pd.Series) -> tuple[Count, ...]:
    counted = column.value_counts()
    return tuple(sorted((Count(str(name), int(n)) for name, n in counted.items()), key=lambda one: one.name))


def _subtypes(table: pd.DataFrame) -> tuple[tuple[str, Count], ...]:
    if not table["subtype"].notna().any():
        return ()
    pairs = class_column(table).groupby([class_column(table), _text(table["subtype"], _NOT_SAID)]).size()
    flat = pairs.rename_axis(["label", "subtype"]).reset_index(name="n")
    return tuple(
        (str(label), Count(str(subtype), int(n)))
        for label, subtype, n in zip(flat["label"], flat["subtype"], flat["n"], strict=True)
    )


def _crosses(table: pd.DataFrame) -> Iterator[Cross]:
    for column, by in (("split", "part"), ("fold", "fold"), ("source", "source")):
        if table[column].notna().any():
            yield _cross(class_column(table), _text(table[column], _NOT_SAID), by)


def _cross(classes: pd.Series, columns: pd.Series, by: str) -> Cross:
    counts = classes.groupby([classes, columns]).size().unstack(fill_value=0)
    order: list[str] = [part for part in PARTS if part in counts.columns] if by == "part" else []
    order += [str(name) for name in sorted(counts.columns) if str(name) not in order]
    rows = tuple(tuple(int(n) for n in row) for row in counts[order].to_numpy())
    return Cross(by, tuple(str(name) for name in counts.index), tuple(order), rows)


def _patients(table: pd.DataFrame) -> Patients | None:
    known = table[table["patient"].notna()]
    if not len(known):
        return None
    names = known["patient"].astype("object")
    each = names.value_counts()
    with_class = known["label"].notna()
    pairs = known.loc[with_class, ["patient", "label"]].astype("object").drop_duplicates()
    return Patients(
        known=len(each),
        pictures_without=len(table) - len(known),
        per_class=_counts(pairs["label"].astype(str)),
        pictures_each=spread_of(np.asarray(each, dtype=np.float64)),
        most=tuple(Count(str(name), int(n)) for name, n in each.head(_MOST_PATIENTS).items()),
        in_several_parts=_in_several(names, known["split"]),
        in_several_classes=_in_several(names, known["label"]),
    )

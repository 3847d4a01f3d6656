from __future__ import annotations

from pathlib import Path

import pytest

from leukoscope.data.manifest import Manifest, Row
from leukoscope.data.splits.crossing import Crossing, find_crossings, refuse_crossings
from leukoscope.errors import ManifestError


def _manifest(*rows: Row) -> Manifest:
    return Manifest.from_rows(rows, Path())


def test_everything_that_lies_in_two_parts_is_named_by_column() -> None:
    manifest = _manifest(
        Row("a", sha256="1" * 64, patient="7", group="g", split="train"),
        Row("b", sha256="1" * 64, patient="7", group="h", split="test"),
        Row("c", patient="8", group="g", split="validation", copy_of="b"),
        Row("d", patient="9", group="g"),
        Row("e", original_sha256="2" * 64, split="train"),
        Row("f", original_sha256="2" * 64, split="train"),
    )
    assert find_crossings(manifest) == (
        Crossing("group", "g", ("train", "validation"), 2),
        Crossing("patient", "7", ("test", "train"), 2),
        Crossing("sha256", "1" * 64, ("test", "train"), 2),
        Crossing("copy_of", "b", ("test", "validation"), 2),
    )


def test_the_same_number_in_two_laboratories_is_not_one_patient() -> None:
    rows = [Row("a", patient="7", source="x", split="train"), Row("b", patient="7", source="y", split="test")]
    assert find_crossings(_manifest(*rows)) == ()


@pytest.mark.parametrize("column", ["group", "patient"])
def test_a_divided_group_or_patient_is_refused_by_name(column: str) -> None:
    rows = [Row("a", split="train", **{column: "B7"}), Row("b", split="test", **{column: "B7"})]  # type: ignore[arg-type]
    with pytest.raises(ManifestError, match=f"The {column} 'B7' lies in test and train: "):
        refuse_crossings(_manifest(*rows))


def test_a_split_that_says_it_is_leaky_is_let_through() -> None:
    rows = [Row("a", group="g", split="train"), Row("b", group="g", split="test")]
    refuse_crossings(_manifest(*rows).with_columns(split_method='{"leaky":true}'))
    with pytest.raises(ManifestError):
        refuse_crossings(_manifest(*rows).with_columns(split_method='{"leaky":false}'))

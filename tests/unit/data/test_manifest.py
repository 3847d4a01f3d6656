"""The manifest keeps what it is given, names what does not fit, and is known by what lies in which part."""

import hashlib
import math
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.data.manifest import COLUMNS, PARTS, SCHEMA, Annotation, Manifest, Row, boxes_of_text, boxes_to_text
from leukoscope.domain.regions import Box
from leukoscope.errors import ManifestError

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
SIDE = st.integers(0, 500).map(lambda quarter: quarter / 4)
LENGTH = st.integers(1, 500).map(lambda quarter: quarter / 4)


@st.composite
def annotations(draw: st.DrawFn) -> Annotation:
    x, y = draw(SIDE), draw(SIDE)
    outline = tuple(draw(st.lists(st.tuples(SIDE, SIDE), max_size=4)))
    return Annotation(Box(x, y, x + draw(LENGTH), y + draw(LENGTH)), draw(TEXT), outline)


def rows(paths: list[str]) -> st.SearchStrategy[list[Row]]:
    one = st.builds(
        Row,
        path=st.just(""),
        sha256=st.none() | st.text("0123456789abcdef", min_size=64, max_size=64),
        width=st.none() | st.integers(1, 30000),
        label=st.none() | TEXT,
        boxes=st.none() | st.lists(annotations(), max_size=3).map(tuple),
        patient=st.none() | TEXT,
        group=st.none() | TEXT,
        number=st.none() | st.integers(0, 10**6),
        split=st.none() | st.sampled_from(PARTS),
        fold=st.none() | st.integers(0, 9),
        pixel_size_um=st.none() | st.floats(0.01, 10),
    )
    return st.lists(one, min_size=len(paths), max_size=len(paths)).map(
        lambda made: [_with_path(row, path) for row, path in zip(made, paths, strict=True)]
    )


def _with_path(row: Row, path: str) -> Row:
    return Row(path, **{name: getattr(row, name) for name in Row.__slots__ if name != "path"})


@given(st.lists(TEXT, max_size=5, unique=True).flatmap(rows))
def test_rows_come_back_as_they_were_given(given_rows: list[Row]) -> None:
    manifest = Manifest.from_rows(given_rows, Path("/set"))
    assert list(manifest.table.columns) == list(COLUMNS)
    assert set(manifest.table["schema"]) <= {SCHEMA}
    assert list(manifest.rows()) == given_rows


def test_a_path_named_twice_is_refused() -> None:
    with pytest.raises(ManifestError, match=r"'a\.png' twice"):
        Manifest.from_rows([Row("a.png"), Row("a.png")], Path())


def test_a_part_holds_its_labeled_pictures_with_patient_or_path_as_group() -> None:
    manifest = Manifest.from_rows(
        [
            Row("a.png", label="all", patient="7", split="test"),
            Row("b.png", label="hem", patient="8", group="8+9", split="test"),
            Row("c.png", label="hem", split="test", sha256="c" * 64),
            Row("d.png", split="test"),
            Row("e.png", label="hem", split="train"),
        ],
        Path(),
    )
    found = [(entry.name, entry.sha256, entry.label, entry.group) for entry in manifest.part("test")]
    assert found == [
        ("a.png", "-", "all", "7"),
        ("b.png", "-", "hem", "8+9"),
        ("c.png", "c" * 64, "hem", "c.png"),
    ]
    assert manifest.labels == ("all", "hem")


def test_the_hash_is_that_of_the_short_split_file_and_ignores_other_columns() -> None:
    row = Row("a/1.jpg", sha256="1" * 64, label="a", group="a-00", split="train", width=7)
    text = f"name,sha256,label,group,split\na/1.jpg,{'1' * 64},a,a-00,train\n"
    manifest = Manifest.from_rows([row], Path())
    assert manifest.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert manifest.with_columns(width=[9]).sha256 == manifest.sha256
    assert manifest.with_columns(split="test").sha256 != manifest.sha256


def test_columns_are_replaced_without_touching_the_old_manifest() -> None:
    old = Manifest.from_rows([Row("a"), Row("b")], Path())
    new = old.with_columns(split=["train", "test"], fold=[0, 1], source="lab")
    assert [(row.split, row.fold, row.source) for row in new.rows()] == [("train", 0, "lab"), ("test", 1, "lab")]
    assert all(row.split is None for row in old.rows())
    assert [row.path for row in new.select([False, True]).rows()] == ["b"]
    with pytest.raises(ManifestError, match="no column 'colour'"):
        old.with_columns(colour="red")


def test_the_mark_of_a_leaky_split_stays_through_every_change() -> None:
    plain = Manifest.from_rows([Row("a"), Row("b")], Path())
    assert not plain.leaky
    assert plain.split_method == ""
    leaky = plain.with_columns(split_method='{"method":"random","leaky":true}')
    assert leaky.select([True, False]).with_columns(split="test").leaky
    assert "random" in leaky.split_method


def test_a_uri_is_not_taken_for_a_file() -> None:
    manifest = Manifest.from_rows([Row("s3://bucket/a.png"), Row("b/c.png")], Path("/set"))
    assert manifest.locate("b/c.png") == Path("/set/b/c.png")
    with pytest.raises(ManifestError, match="another machine"):
        manifest.locate("s3://bucket/a.png")


@given(st.lists(annotations(), max_size=4).map(tuple))
def test_boxes_survive_as_text(boxes: tuple[Annotation, ...]) -> None:
    assert boxes_of_text(boxes_to_text(boxes)) == boxes


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1]", "[[1,2,3]]", "[[1,2,3,4]]", '[[3,2,1,4,"a"]]', '[[1,2,3,4,""]]', "[[1,2,3,4,5]]", "7", "null"],
)
def test_boxes_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ManifestError):
        boxes_of_text(text)


def test_a_table_of_another_form_is_refused() -> None:
    with pytest.raises(ManifestError, match="has the columns"):
        Manifest(pd.DataFrame({"path": ["a"]}), Path())


def test_missing_numbers_stay_missing() -> None:
    table = pd.DataFrame({"path": ["a", "b"], "width": [3.0, math.nan]})
    widths = [row.width for row in Manifest.from_table(table, Path()).rows()]
    assert widths == [3, None]

"""Predictions of any system are read, and every fault is named by its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.errors import DataError
from leukoscope.evaluation.predictions import Predictions
from leukoscope.experiments.predictions_csv import read_predictions, write_predictions

HEADING = "path,label,ALL,normal,patient\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "p.csv"
    path.write_text(text, encoding="utf-8")
    return path


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 1) | st.just(np.nan),  # nothing was said
            st.booleans(),
            st.text(st.characters(codec="utf-8"), max_size=5),
        ),
        min_size=1,
    )
)
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple]) -> None:
    one = Predictions(
        ("ALL", "normal"),
        np.array([int(truth) for _, truth, _ in rows]),
        np.array([[score, 1 - score] for score, _, _ in rows]),
        tuple(f"{place}, \"quoted\".png" for place in range(len(rows))),
        patients=tuple(name.strip().replace("\x00", "") for _, _, name in rows),
    )  # fmt: skip
    path = tmp_path_factory.mktemp("p") / "predictions.csv"
    write_predictions(one, path)
    again = read_predictions(path)
    assert again.classes == one.classes
    assert again.paths == one.paths
    assert (again.targets == one.targets).all()
    assert again.probabilities == pytest.approx(one.probabilities, abs=1e-9, nan_ok=True)
    assert len(again.patients) == len(one.patients)


def test_the_order_of_the_columns_does_not_matter(tmp_path: Path) -> None:
    told = read_predictions(written(tmp_path, "normal,path,ALL,label\n0.1,a.png,0.9,ALL\n0.7,b.png,0.3,normal\n"))
    same = told.in_order_of(("ALL", "normal"))
    assert same.probabilities.tolist() == [[0.9, 0.1], [0.3, 0.7]]
    assert same.targets.tolist() == [0, 1]
    assert told.correct.all()
    assert same.correct.all()


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_file_that_a_spreadsheet_saved_with_another_separator_is_read(tmp_path: Path, separator: str) -> None:
    text = (HEADING + "a.png,ALL,0.9,0.1,p\nb.png,normal,0.3,0.7,q\n").replace(",", separator)
    told = read_predictions(written(tmp_path, text))
    assert told.classes == ("ALL", "normal")
    assert told.probabilities.tolist() == [[0.9, 0.1], [0.3, 0.7]]


def test_a_file_without_paths_or_patients_is_read(tmp_path: Path) -> None:
    told = read_predictions(written(tmp_path, "\ufefflabel,ALL,normal\nALL,0.9,0.1\nnormal,0.2,0.8\n"))
    assert told.paths == ("line 2", "line 3")
    assert told.unit == "picture"


def test_other_words_for_classes_can_be_named(tmp_path: Path) -> None:
    path = written(tmp_path, HEADING + "a.png,hem,0.1,0.9,p\n")
    with pytest.raises(DataError, match="the label 'hem' is no class"):
        read_predictions(path)
    assert read_predictions(path, {"hem": "normal"}).correct.all()


def test_a_join_into_a_class_of_another_model_is_skipped_or_refused(tmp_path: Path) -> None:
    path = written(tmp_path, HEADING + "a.png,hem,0.1,0.9,p\nb.png,ALL,0.9,0.1,q\n")
    joined = {"hem": "normal", "ALL": "blast"}
    assert read_predictions(path, joined, foreign="skip").correct.all()
    with pytest.raises(DataError, match="'blast' is no class"):
        read_predictions(path, joined)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("a.png,ALL,nan,0.5,p", "line 3, column ALL: nan is no number"),
        ("a.png,ALL,,1,p", "line 3, column ALL: an empty cell is no number"),
        ("a.png,ALL,zero,1,p", "line 3, column ALL: zero is no number"),
        ("a.png,ALL,2.5,-1.5,p", "line 3, column ALL: 2.5 is no probability in"),
        ("a.png,ALL,0.9,0.9,p", "line 3: the probabilities sum to 1.800, not to 1"),
        ("a.png,AML,0.9,0.1,p", "line 3: the label 'AML' is no class"),
        ("a.png,,0.9,0.1,p", "line 3 has no label"),
        ("first.png,ALL,0.9,0.1,p", "line 3: first.png was already on line 2"),
        ("a.png,ALL,0.9,0.1,p,more", "line 3 has more cells than the heading"),
    ],
)
def test_a_fault_is_named_by_its_line(tmp_path: Path, row: str, sentence: str) -> None:
    path = written(tmp_path, f"{HEADING}first.png,ALL,0.8,0.2,p\n{row}\n")
    with pytest.raises(DataError) as told:
        read_predictions(path)
    assert sentence in told.value.message
    assert "Its classes are ALL, normal" in told.value.hint


def test_many_faults_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path, HEADING + "".join(f"{n}.png,ALL,nan,1,p\n" for n in range(40)))
    with pytest.raises(DataError, match="and 35 more lines"):
        read_predictions(path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "holds no predictions"),
        (HEADING, "holds no predictions"),
        ("path,ALL,normal\na,1,0\n", "has no column 'label'"),
        ("path,label,ALL\na,ALL,1\n", "has 1 columns of probabilities"),
        ("label,ALL,ALL,normal\nALL,1,0,0\n", "has the column 'ALL' twice"),
        ("label,ALL,,normal\nALL,1,0,0\n", "has a column without a name"),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        read_predictions(written(tmp_path, text))


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(b"label,a,b\n\xff\xfe\x00,1,0\n")
    with pytest.raises(DataError, match="cannot be read as CSV"):
        read_predictions(path)
    with pytest.raises(DataError, match="There is no file"):
        read_predictions(tmp_path / "absent.csv")


def test_a_carriage_return_in_a_name_ends_no_row(tmp_path: Path) -> None:
    one = Predictions(("ALL", "normal"), np.array([0]), np.array([[0.9, 0.1]]), ("a\rb.png",), patients=("p\rq",))
    write_predictions(one, tmp_path / "predictions.csv")
    assert read_predictions(tmp_path / "predictions.csv").paths == ("a b.png",)

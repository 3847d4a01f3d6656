"""Predictions are valid once made, and know what must be drawn together."""

from __future__ import annotations

import numpy as np
import pytest

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.predictions import Predictions

ROWS = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
TRUTH = np.array([0, 1, 1])


def made(rows: np.ndarray = ROWS, *, paths: tuple[str, ...] = ("1", "2", "3"), **known: tuple[str, ...]) -> Predictions:
    return Predictions(("a", "b"), TRUTH, rows, paths, **known)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ([np.nan, 0.5], "1 of 3 pictures are no numbers"),
        ([np.inf, 0.0], "1 of 3 pictures are no numbers"),
        ([3.0, -2.0], "1 of 3 pictures lie outside"),
        ([0.9, 0.9], "1 of 3 pictures do not sum to 1"),
    ],
)
def test_values_that_are_no_probabilities_are_refused_by_name(row: list[float], sentence: str) -> None:
    rows = ROWS.copy()
    rows[1] = row
    with pytest.raises(InvalidValueError, match=f"{sentence}.*the first of 2"):
        made(rows)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="come more than once"):
        made(paths=("1", "1", "2"))
    with pytest.raises(InvalidValueError, match="2 patients for 3 pictures"):
        made(patients=("p", "q"))
    with pytest.raises(InvalidValueError, match="at least two different classes"):
        Predictions(("a", "a"), TRUTH, ROWS, ("1", "2", "3"))
    with pytest.raises(InvalidValueError, match="shape"):
        Predictions(("a", "b", "c"), TRUTH, ROWS, ("1", "2", "3"))
    with pytest.raises(InvalidValueError, match="numbers in"):
        Predictions(("a", "b"), np.array([0, 1, 2]), ROWS, ("1", "2", "3"))


def test_what_is_known_of_no_picture_is_nothing() -> None:
    assert made(patients=("", "", "")).patients == ()
    assert made().unit == "picture"
    assert made(groups=("g", "g", "")).unit == "group"
    assert made(patients=("p", "q", "")).unit == "patient"


def test_groups_that_join_patients_are_what_is_drawn() -> None:
    one = made(patients=("p", "q", "r"), groups=("g", "g", "h"))
    assert one.unit == "group"
    assert len(set(one.units)) == 2


def test_pictures_of_unknown_patients_hide_no_joined_patients_and_are_counted_apart() -> None:
    rows = np.array([[0.9, 0.1]] * 8)
    one = Predictions(
        ("a", "b"),
        np.zeros(8, dtype=np.int64),
        rows,
        tuple("12345678"),
        patients=("p", "q", "r", "", "", "", "", ""),
        groups=("g", "g", "", "", "", "", "", ""),
    )
    assert one.unit == "group"
    assert len(set(one.units)) == 7
    assert one.unnamed.tolist() == [False] * 3 + [True] * 5


def test_classes_are_brought_into_one_order() -> None:
    turned = made(patients=("p", "q", "r")).in_order_of(("b", "a"))
    assert turned.probabilities.tolist() == ROWS[:, ::-1].tolist()
    assert turned.targets.tolist() == [1, 0, 0]
    assert turned.patients == ("p", "q", "r")
    with pytest.raises(InvalidValueError, match="are not"):
        made().in_order_of(("b", "c"))


def test_some_pictures_can_be_taken() -> None:
    some = made(sources=("x", "y", "z")).select(np.array([True, False, True]))
    assert (some.paths, some.sources, some.targets.tolist()) == (("1", "3"), ("x", "z"), [0, 1])


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("said", ["nothing", "all as probable"])
def test_a_picture_that_was_given_no_class_is_wrong_and_in_no_class(classes: int, said: str) -> None:
    names, truth = tuple("abcde"[:classes]), np.arange(classes)
    share = np.nan if said == "nothing" else 1 / classes
    silent = Predictions(names, truth, np.full((classes, classes), share), names)
    assert silent.undecided.all()
    assert silent.answered.any() == (said != "nothing")
    assert not silent.correct.any()
    assert silent.counts[:, :-1].sum() == 0
    assert silent.counts[:, -1].tolist() == [1] * classes


def test_an_unfound_picture_of_the_first_class_does_not_raise_its_recall() -> None:
    rows, truth = np.array([[0.9, 0.1], [0.2, 0.8], [0.2, 0.8]]), np.array([0, 0, 1])
    found = Predictions(("a", "b"), truth, rows, ("1", "2", "3"))
    more = Predictions(("a", "b"), np.append(truth, 0), np.vstack([rows, [0.5, 0.5]]), ("1", "2", "3", "4"))
    before, after = (float(one.correct[one.targets == 0].mean()) for one in (found, more))
    assert before == 0.5
    assert after == pytest.approx(1 / 3)


def test_a_tie_of_the_two_highest_is_a_tie_and_one_of_the_two_lowest_is_none() -> None:
    rows = np.array([[0.4, 0.4, 0.2], [0.2, 0.2, 0.6]])
    told = Predictions(("a", "b", "c"), np.array([0, 2]), rows, ("1", "2"))
    assert told.tied.tolist() == told.undecided.tolist() == [True, False]
    assert told.counts.tolist() == [[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 1, 0]]

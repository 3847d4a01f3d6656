from __future__ import annotations

import numpy as np
import pytest

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.alignment import Contender, lay_side_by_side
from leukoscope.evaluation.predictions import Predictions

ROWS = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6], [0.5, 0.3, 0.2]])
TRUTH = np.array([0, 1, 2, 0])
PATHS = ("1.png", "2.png", "3.png", "4.png")
JOINS = {"early": frozenset({"malignant"}), "pro": frozenset({"malignant"})}


def fine() -> Predictions:
    return Predictions(("benign", "early", "pro"), TRUTH, ROWS, PATHS)


def coarse(paths: tuple[str, ...] = PATHS, truth: tuple[int, ...] = (1, 0, 0, 1)) -> Predictions:
    return Predictions(("malignant", "benign"), np.array(truth), np.array([[0.4, 0.6]] * len(paths)), paths)


def test_classes_in_another_order_are_the_same_classes() -> None:
    turned = fine().in_order_of(("pro", "benign", "early"))
    laid = lay_side_by_side([Contender("a", fine()), Contender("b", turned)])
    first, second = (one.predictions for one in laid.contenders)
    assert first.classes == second.classes
    assert np.array_equal(first.targets, second.targets)
    assert np.array_equal(first.probabilities, second.probabilities)


def test_pictures_in_another_order_are_brought_together() -> None:
    turned = fine().select(np.array([3, 1, 0, 2]))
    laid = lay_side_by_side([Contender("a", fine()), Contender("b", turned)])
    assert laid.contenders[1].predictions.paths == PATHS
    assert np.array_equal(laid.contenders[1].predictions.probabilities, ROWS)


def test_fine_classes_are_joined_where_a_model_knows_what_they_are_part_of() -> None:
    laid = lay_side_by_side([Contender("fine", fine()), Contender("coarse", coarse())], JOINS)
    joined = laid.contenders[0].predictions
    assert joined.classes == ("malignant", "benign")
    assert np.allclose(joined.probabilities, np.stack([ROWS[:, 1] + ROWS[:, 2], ROWS[:, 0]], axis=1))
    assert joined.targets.tolist() == [1, 0, 0, 1]
    assert laid.notes == ("fine: early, pro joined to malignant, its probabilities added up",)


def test_the_classes_that_most_models_fit_are_compared_and_the_rest_is_told() -> None:
    strange = Predictions(("cat", "dog"), np.array([0, 1, 0, 1]), np.array([[0.5, 0.5]] * 4), PATHS)
    laid = lay_side_by_side([Contender("strange", strange), Contender("a", fine()), Contender("b", fine())])
    assert [one.name for one in laid.contenders] == ["a", "b"]
    assert laid.left_out[0].name == "strange"
    assert "cat, dog" in laid.left_out[0].why


def test_models_without_common_classes_are_refused_with_their_classes() -> None:
    with pytest.raises(InvalidValueError, match="fine knows benign, early, pro; coarse knows malignant, benign"):
        lay_side_by_side([Contender("fine", fine()), Contender("coarse", coarse())])


def test_the_hint_names_every_class_that_must_be_joined() -> None:
    with pytest.raises(InvalidValueError) as caught:
        lay_side_by_side([Contender("fine", fine()), Contender("coarse", coarse())])
    assert "--class early=malignant --class pro=malignant." in caught.value.hint
    strange = Predictions(("cat", "dog"), np.array([0, 1, 0, 1]), np.array([[0.5, 0.5]] * 4), PATHS)
    with pytest.raises(InvalidValueError) as caught:
        lay_side_by_side([Contender("strange", strange), Contender("coarse", coarse())])
    assert "--class FINE=COARSE" in caught.value.hint


def test_only_pictures_that_all_were_asked_about_count() -> None:
    fewer = fine().select(np.array([0, 2]))
    laid = lay_side_by_side([Contender("a", fine()), Contender("b", fewer)])
    assert {one.predictions.paths for one in laid.contenders} == {("1.png", "3.png")}
    assert laid.notes == ("a: 2 of its 4 pictures are not told of by all models and are left out",)


def test_models_asked_about_different_pictures_are_refused() -> None:
    others = coarse(("x", "y", "z", "w"))
    with pytest.raises(InvalidValueError, match="different pictures"):
        lay_side_by_side([Contender("a", coarse()), Contender("b", others)])


def test_models_that_contradict_each_other_about_the_truth_are_refused() -> None:
    with pytest.raises(InvalidValueError, match=r"1 pictures: 2\.png is 'malignant' in the one and 'benign'"):
        lay_side_by_side([Contender("a", coarse()), Contender("b", coarse(truth=(1, 1, 0, 1)))])


def test_patients_that_one_file_knows_count_for_all() -> None:
    known = Predictions(fine().classes, TRUTH, ROWS, PATHS, patients=("p", "q", "r", "p"))
    laid = lay_side_by_side([Contender("file", fine()), Contender("model", known)])
    assert all(one.predictions.patients == ("p", "q", "r", "p") for one in laid.contenders)


def test_a_name_comes_once() -> None:
    with pytest.raises(InvalidValueError, match="Two models are called 'a'"):
        lay_side_by_side([Contender("a", fine()), Contender("a", fine())])

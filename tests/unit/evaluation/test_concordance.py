from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.alignment import Contender
from leukoscope.evaluation.concordance import Concordance, find_concordance
from leukoscope.evaluation.predictions import Predictions


def predictions(said: list[int], truth: list[int], score: float | list[float] = 0.8) -> Predictions:
    scores = [score] * len(said) if isinstance(score, float) else score
    rows = np.array([np.where(np.arange(3) == one, top, (1 - top) / 2) for one, top in zip(said, scores, strict=True)])
    return Predictions(("a", "b", "c"), np.array(truth), rows, tuple(f"{place}.png" for place in range(len(said))))


def lay(old: Predictions, new: Predictions) -> Concordance:
    return find_concordance(Contender("old", old), Contender("new", new))


TRUTH = [0, 0, 1, 1, 2, 2]


def test_changes_come_with_the_gravest_first() -> None:
    found = lay(
        predictions([0, 0, 2, 0, 2, 0], TRUTH),
        predictions([1, 1, 1, 2, 2, 0], TRUTH, [0.6, 0.9, 0.8, 0.7, 0.8, 0.8]),
    )
    assert [(one.path, one.change) for one in found.changed] == [
        ("1.png", "now wrong"),
        ("0.png", "now wrong"),
        ("3.png", "wrong otherwise"),
        ("2.png", "now right"),
    ]
    assert [found.count(change) for change in ("now wrong", "wrong otherwise", "now right")] == [2, 1, 1]


def test_kappa_and_agreement_are_those_of_the_two_namings() -> None:
    old, new = predictions([0, 0, 2, 0, 2, 0], TRUTH), predictions([0, 1, 1, 0, 2, 0], TRUTH)
    found = lay(old, new)
    assert found.kappa.value == pytest.approx(cohen_kappa_score(old.predicted, new.predicted))
    assert found.agreement.value == pytest.approx(4 / 6)
    assert found.table == ((3, 1, 0), (0, 0, 0), (0, 1, 1))


def test_pictures_named_alike_whose_probabilities_moved_are_told_by_how_much() -> None:
    found = lay(predictions(TRUTH, TRUTH, 0.8), predictions(TRUTH, TRUTH, [0.8, 0.5, 0.8, 0.7, 0.8, 0.8]))
    assert not found.changed
    assert [one.path for one in found.drifted] == ["1.png", "3.png"]
    assert found.drifted[0].shift == pytest.approx(0.3)


def test_the_same_version_twice_agrees_in_everything() -> None:
    found = lay(predictions(TRUTH, TRUTH), predictions(TRUTH, TRUTH))
    assert (found.agreement.value, found.kappa.value, found.p) == (1.0, 1.0, 1.0)
    assert found.drifted == ()


def test_versions_of_other_classes_are_refused() -> None:
    other = Predictions(("x", "y"), np.array([0, 1]), np.array([[0.5, 0.5]] * 2), ("0.png", "1.png"))
    with pytest.raises(InvalidValueError, match="same classes"):
        lay(predictions(TRUTH, TRUTH), other)


def test_a_version_that_says_nothing_of_a_picture_gives_it_no_class() -> None:
    old, new = predictions(TRUTH, TRUTH), predictions(TRUTH, TRUTH)
    new.probabilities[0] = np.nan
    found = lay(old, new)
    assert found.classes == ("a", "b", "c", "no class")
    assert [(one.path, one.after, one.change, one.shift) for one in found.changed] == [
        ("0.png", "no class", "now wrong", 0.0)
    ]
    assert found.agreement.value == pytest.approx(5 / 6)

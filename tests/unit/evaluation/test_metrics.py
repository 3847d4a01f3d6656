from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation import metrics


@st.composite
def answers(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n = draw(st.integers(4, 60))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    truth = np.concatenate([np.arange(4), rng.integers(0, 4, n)])
    probabilities = rng.dirichlet(np.ones(4), len(truth)).round(2)  # rounding makes ties
    return truth, probabilities


@settings(deadline=None, max_examples=40)
@given(answers())
def test_figures_agree_with_scikit_learn(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    truth, probabilities = drawn
    predicted = probabilities.argmax(1)
    counts = metrics.confusion(truth, predicted, 4)
    assert counts.tolist() == reference.confusion_matrix(truth, predicted, labels=range(4)).tolist()
    assert metrics.accuracy(counts) == pytest.approx(reference.accuracy_score(truth, predicted))
    assert metrics.balanced_accuracy(counts) == pytest.approx(reference.balanced_accuracy_score(truth, predicted))
    f1 = reference.f1_score(truth, predicted, average=None, labels=range(4), zero_division=0)
    assert [one.f1 for one in metrics.class_scores(counts)] == pytest.approx(f1.tolist())
    assert metrics.macro_f1(counts) == pytest.approx(f1.mean())
    weighted = reference.f1_score(truth, predicted, average="weighted", zero_division=0)
    assert metrics.weighted_f1(counts) == pytest.approx(weighted)
    areas = [reference.roc_auc_score(truth == one, probabilities[:, one]) for one in range(4)]
    assert metrics.auroc(truth, probabilities) == pytest.approx(np.mean(areas))


def test_brier_is_0_when_sure_and_right_and_2_when_sure_and_wrong() -> None:
    truth = np.array([0, 1])
    assert metrics.brier(truth, np.eye(2)) == 0
    assert metrics.brier(truth, np.eye(2)[::-1]) == 2


def test_one_class_alone_has_no_roc_curve() -> None:
    assert metrics.auroc(np.array([1, 1]), np.eye(2)) is None


@pytest.mark.parametrize(("truth", "said"), [([], []), ([0], [0, 1]), ([0], [2]), ([-1], [0])])
def test_what_is_no_list_of_classes_is_refused(truth: list[int], said: list[int]) -> None:
    with pytest.raises(InvalidValueError):
        metrics.confusion(np.array(truth, dtype=np.int64), np.array(said, dtype=np.int64), 2)

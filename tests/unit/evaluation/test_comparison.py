from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import balanced_accuracy_score

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.alignment import Contender
from leukoscope.evaluation.comparison import compare_models
from leukoscope.evaluation.predictions import Predictions

CLASSES = ("a", "b", "c")


def contender(name: str, skill: float, *, seed: int, n: int = 300, groups: int = 0) -> Contender:
    """A model that is right more often the more skill it has; the truth is the same for all."""
    truth = np.arange(n) % len(CLASSES)
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, len(CLASSES)))
    logits[np.arange(n), truth] += skill
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    names = tuple(f"{one % len(CLASSES)}-{one % groups}" for one in range(n)) if groups else ()
    return Contender(name, Predictions(CLASSES, truth, probabilities, tuple(map(str, range(n))), groups=names))


def test_a_clearly_better_model_is_named_best() -> None:
    found = compare_models([contender("weak", 0.5, seed=1), contender("strong", 3.0, seed=2)])
    ranking = found.ranking("accuracy")
    assert ranking.order == ("strong", "weak")
    assert ranking.alike == ()


def test_models_of_the_same_skill_cannot_be_told_apart() -> None:
    found = compare_models([contender("one", 1.5, seed=3), contender("two", 1.5, seed=4), contender("bad", 0, seed=5)])
    ranking = found.ranking("macro_f1")
    assert set(ranking.order[:2]) == {"one", "two"}
    assert ranking.alike == (ranking.order[1],)


def test_mcnemars_p_value_is_that_of_the_binomial_test() -> None:
    one, two = contender("one", 1.0, seed=6), contender("two", 1.4, seed=7)
    found = compare_models([one, two])
    first, second = one.predictions.correct, two.predictions.correct
    only = [int((first & ~second).sum()), int((second & ~first).sum())]
    test = next(one for one in found.pairs[0].of("accuracy") if one.test == "McNemar")
    assert test.p == pytest.approx(binomtest(only[0], sum(only)).pvalue)


def test_the_difference_of_a_pair_is_that_of_its_figures() -> None:
    one, two = contender("one", 1.0, seed=8), contender("two", 2.0, seed=9)
    expected = [balanced_accuracy_score(model.predictions.targets, model.predictions.predicted) for model in (one, two)]
    test = compare_models([one, two]).pairs[0].of("balanced_accuracy")[0]
    assert test.difference == pytest.approx(expected[0] - expected[1])
    assert test.ci95 is not None
    assert test.ci95[0] <= test.difference <= test.ci95[1]


def test_a_model_compared_with_itself_has_a_p_value_of_one() -> None:
    one = contender("one", 1.0, seed=10)
    found = compare_models([one, Contender("copy", one.predictions)])
    assert {test.p_corrected for test in found.pairs[0].tests} == {1.0}


def test_alike_groups_hide_what_single_pictures_seem_to_show() -> None:
    """One group of 40 alike pictures decides everything: McNemar is sure of it, the bootstrap over groups is not."""
    truth = np.zeros(80, dtype=np.int64)
    truth[40:] = 1
    right = np.where(np.eye(2)[truth] == 1, 0.9, 0.1)
    wrong = right.copy()
    wrong[:10] = right[:10, ::-1]
    groups = tuple("big" if place < 10 else f"g{place}" for place in range(80))
    paths = tuple(map(str, range(80)))
    asked = [Predictions(("a", "b"), truth, rows, paths, groups=groups) for rows in (right, wrong)]
    found = compare_models([Contender("right", asked[0]), Contender("wrong", asked[1])])
    tests = {one.test: one.p for one in found.pairs[0].of("accuracy")}
    assert tests["McNemar"] < 0.01 < 0.05 < tests["bootstrap"]
    assert found.ranking("accuracy").alike == ("wrong",)


def test_a_single_patient_of_a_class_leaves_only_tests_over_pictures_and_says_so() -> None:
    truth = np.array([0, 1] * 10)
    rows = np.where(np.eye(2)[truth] == 1, 0.9, 0.1)
    patients = tuple("one" if label else f"p{place}" for place, label in enumerate(truth))
    asked = Predictions(("a", "b"), truth, rows, tuple(map(str, range(20))), patients=patients)
    found = compare_models([Contender("x", asked), Contender("y", asked)])
    assert found.rounds == 0
    assert "single patient" in found.notes[-1]
    assert {test.test for test in found.pairs[0].tests} == {"McNemar", "DeLong"}


@pytest.mark.parametrize(("patients", "alike"), [(True, ("bad",)), (False, ())])
def test_pictures_of_a_single_patient_never_decide_which_model_is_better(
    *, patients: bool, alike: tuple[str, ...]
) -> None:
    truth = np.array([0, 1] * 20)
    rows = np.where(np.eye(2)[truth] == 1, 0.9, 0.1)
    names = tuple("one" if label else f"p{place}" for place, label in enumerate(truth)) if patients else ()
    paths = tuple(map(str, range(40)))
    good, bad = (Predictions(("a", "b"), truth, said, paths, patients=names) for said in (rows, 1 - rows))
    found = compare_models([Contender("good", good), Contender("bad", bad)])
    mcnemar = next(one for one in found.pairs[0].of("accuracy") if one.test == "McNemar")
    assert mcnemar.p_corrected < 1e-6
    assert found.ranking("accuracy").alike == alike
    assert found.ranking("auroc").alike == alike
    assert any("no model is called better" in note for note in found.notes) == patients


def test_a_model_that_always_gives_one_class_is_compared_and_warned_of() -> None:
    one = contender("one", 2.0, seed=11)
    always = np.tile([0.9, 0.05, 0.05], (len(one.predictions), 1))
    stuck = Predictions(CLASSES, one.predictions.targets, always, one.predictions.paths)
    found = compare_models([one, Contender("stuck", stuck)])
    assert found.ranking("balanced_accuracy").order == ("one", "stuck")
    assert "degenerate" in found.models[1].evaluation.warnings[0]


def test_many_pairs_can_still_be_told_apart_after_the_correction() -> None:
    models = [contender(f"m{place}", 3.0 if place == 0 else 0.2, seed=20 + place, n=150) for place in range(9)]
    found = compare_models(models, rounds=200)
    assert found.rounds >= 80 * 36
    assert found.ranking("accuracy").alike == ()


def test_one_model_is_no_comparison() -> None:
    with pytest.raises(InvalidValueError, match="two models"):
        compare_models([contender("one", 1.0, seed=12)])

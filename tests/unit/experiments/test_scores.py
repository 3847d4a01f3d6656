from __future__ import annotations

import numpy as np
import pytest

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.intervals import clopper_pearson
from leukoscope.experiments.scores import Judged, score


def _judged() -> Judged:
    truth = np.array([0] * 60 + [1] * 40)
    probabilities = np.tile([0.9, 0.1], (100, 1))
    probabilities[60:95] = [0.2, 0.8]
    probabilities[:5] = [0.45, 0.55]
    return Judged(probabilities, truth, tuple(str(n // 5) for n in range(100)))


def test_headline_figures_come_with_their_limits() -> None:
    scores = score(_judged(), ["a", "b"], uncertain_below=0.6, rng=np.random.default_rng(0))
    assert scores.accuracy == pytest.approx(0.90)
    assert scores.accuracy_ci95 == clopper_pearson(90, 100)
    assert scores.balanced_accuracy == pytest.approx((55 / 60 + 35 / 40) / 2)
    for name in ("balanced_accuracy", "macro_f1", "weighted_f1"):
        low, high = getattr(scores, f"{name}_ci95")
        assert low < getattr(scores, name) < high
    assert scores.abstained == pytest.approx(0.05)
    assert scores.accepted_accuracy == pytest.approx(90 / 95)
    assert scores.confusion == ((55, 5), (5, 35))


def test_the_card_and_the_json_tell_the_same() -> None:
    scores = score(_judged(), ["a", "b"], uncertain_below=0.6, rng=np.random.default_rng(0))
    card, figures = scores.to_card("so"), scores.to_json()
    assert card.accuracy == pytest.approx(figures["accuracy"])
    assert card.per_class["b"].recall == pytest.approx(figures["per_class"]["b"]["recall"])
    assert card.per_class["b"].recall_ci95 == pytest.approx(clopper_pearson(35, 40), abs=1e-4)
    assert figures["confusion"] == scores.confusion


def test_answers_without_truths_are_refused() -> None:
    with pytest.raises(InvalidValueError):
        Judged(np.zeros((2, 2)), np.zeros(1, dtype=np.int64), ("a", "b"))

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leukoscope.evaluation.classification import EvaluationSettings, evaluate_predictions
from leukoscope.evaluation.intervals import clopper_pearson
from leukoscope.evaluation.predictions import Predictions
from leukoscope.experiments.scores import card_figures
from leukoscope.reporting.evaluation_report.metrics_json import metrics_document

SETTINGS = EvaluationSettings(rounds=500, uncertain_below=0.6)


def _predictions() -> Predictions:
    truth = np.array([0] * 60 + [1] * 40)
    probabilities = np.tile([0.9, 0.1], (100, 1))
    probabilities[60:95] = [0.2, 0.8]
    probabilities[:5] = [0.45, 0.55]
    paths = tuple(str(n) for n in range(100))
    return Predictions(("a", "b"), truth, probabilities, paths, groups=tuple(str(n // 5) for n in range(100)))


def test_the_card_and_the_json_tell_the_same() -> None:
    evaluation = evaluate_predictions(_predictions(), SETTINGS)
    card, figures = card_figures(evaluation, "so"), metrics_document(evaluation, SETTINGS)
    assert card.accuracy == pytest.approx(figures["accuracy"]) == 0.9
    assert card.accuracy_ci95 == pytest.approx(clopper_pearson(90, 100), abs=1e-4)
    assert card.macro_f1_ci95 == pytest.approx(figures["macro_f1_ci95"], abs=1e-4)
    assert card.per_class["b"].recall_ci95 == pytest.approx(clopper_pearson(35, 40), abs=1e-4)
    assert figures["confusion"] == [[55, 5], [5, 35]]
    assert figures["abstained"] == pytest.approx(0.05)
    assert figures["accepted_accuracy"] == pytest.approx(90 / 95)


def test_a_card_without_limits_says_the_widest_there_are() -> None:
    one = _predictions()
    lonely = Predictions(one.classes, one.targets, one.probabilities, one.paths, groups=("g",) * 60 + ("h",) * 40)
    card = card_figures(evaluate_predictions(lonely, SETTINGS), "so")
    assert card.balanced_accuracy_ci95 == (0.0, 1.0)
    assert card.accuracy_ci95[0] > 0.8


def test_recall_of_a_class_without_pictures_is_null_and_on_no_card() -> None:
    rows = np.array([[0.7, 0.2, 0.1], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1]])
    told = evaluate_predictions(Predictions(("a", "b", "c"), np.array([0, 1, 1]), rows, ("1", "2", "3")), SETTINGS)
    figures = metrics_document(told, SETTINGS)["per_class"]["c"]  # type: ignore[index]
    assert {figures[key] for key in ("recall", "recall_ci95", "precision", "f1", "recall_by_group_ci95")} == {None}
    assert set(card_figures(told, "so").per_class) == {"a", "b"}


def test_the_json_says_what_a_headline_means() -> None:
    for positive, auprc in (("", "AUPRC, mean of classes"), ("b", "AUPRC of b")):
        settings = EvaluationSettings(rounds=20, positive=positive)
        meanings = metrics_document(evaluate_predictions(_predictions(), settings), settings)["meanings"]
        assert isinstance(meanings, dict)
        assert (meanings["auprc"], meanings["brier"]) == (auprc, "Brier score (0 to 2)")


def test_a_card_of_a_model_that_answered_nothing_has_no_calibration_error() -> None:
    silent = replace(_predictions(), probabilities=np.full((100, 2), np.nan))
    card = card_figures(evaluate_predictions(silent, EvaluationSettings(rounds=20)), "so")
    assert card.ece is None
    assert "ece" not in card.model_dump(exclude_none=True)
    assert card_figures(evaluate_predictions(_predictions(), SETTINGS), "so").ece is not None

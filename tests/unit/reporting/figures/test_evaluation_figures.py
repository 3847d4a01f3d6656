"""Figures of an evaluation name their axes, tell n, and survive odd input."""

from __future__ import annotations

import numpy as np
import pytest

from leukoscope.evaluation.abstention import risk_coverage
from leukoscope.evaluation.calibration import calibration_bins
from leukoscope.evaluation.ranking import precision_recall_curve, roc_curve
from leukoscope.evaluation.strata import Stratum
from leukoscope.evaluation.thresholds import threshold_scores
from leukoscope.reporting.figures.confusion import draw_confusion
from leukoscope.reporting.figures.operating import ClassCurves, draw_precision_recall, draw_roc, draw_thresholds
from leukoscope.reporting.figures.strata import MOST_ROWS, draw_strata
from leukoscope.reporting.figures.style import figure_to_svg
from leukoscope.reporting.figures.trust import draw_calibration, draw_risk_coverage

POSITIVE = np.arange(40) % 3 == 0
SCORE = np.linspace(0, 1, 40) * 0.5 + 0.4 * POSITIVE
NAMES = ("plain", "$\\frac{1}{", "_leading", "白血病")


def curves(name: str) -> ClassCurves:
    return ClassCurves(name, 14, roc_curve(POSITIVE, SCORE), precision_recall_curve(POSITIVE, SCORE), "0.9", "0.8")


def texts(figure) -> str:
    drawn = [axes.get_title(loc="left") + axes.get_xlabel() + axes.get_ylabel() for axes in figure.axes]
    drawn += [text.get_text() for axes in figure.axes for text in axes.texts]
    drawn += [text.get_text() for axes in figure.axes if axes.get_legend() for text in axes.get_legend().get_texts()]
    drawn += [label.get_text() for axes in figure.axes for label in axes.get_yticklabels()]
    return "\n".join(drawn)


def test_a_confusion_matrix_tells_counts_rates_and_supports():
    told = texts(draw_confusion(["a", "b"], [[1999, 1], [0, 0]]))
    for part in ("1,999\n>99.9 %", "1\n<0.1 %", "a (2,000)", "b (0)", "n = 2,000", "Predicted class", "True class"):
        assert part in told, part
    silent = draw_confusion(["a", "b"], [[1999, 1], [0, 0]], [0, 3]).axes[0]
    assert [label.get_text() for label in silent.get_xticklabels()] == ["a", "b", "no class"]
    assert [label.get_text() for label in silent.get_yticklabels()] == ["a (2,000)", "b (3)"]
    many = draw_confusion([f"class {n}" for n in range(40)], np.eye(40, dtype=int).tolist())
    assert not many.axes[0].texts


@pytest.mark.parametrize("name", NAMES)
def test_curves_name_their_classes_and_chance(name):
    for figure in (draw_roc([curves(name)], 40), draw_precision_recall([curves(name)], 40)):
        told = texts(figure)
        assert "n = 40" in told
        assert "(n = 14): 0." in told
        figure_to_svg(figure)
    assert "chance" in texts(draw_roc([curves(name)], 40))


def test_curves_are_told_apart_without_color():
    figure = draw_roc([curves(str(number)) for number in range(4)], 40)
    dashes = [line.get_linestyle() for line in figure.axes[0].get_lines()[1:]]
    assert len(set(dashes)) == 4


def test_the_threshold_of_validation_is_marked_and_no_other():
    scores = threshold_scores(POSITIVE, SCORE)
    told = texts(draw_thresholds([("a", scores), ("b", scores)], [0.3, None], 40))
    assert "a (chosen on validation: 0.3)" in told
    assert "b (chosen" not in told
    assert "n = 40" in told


def test_trust_is_drawn_even_of_a_model_that_is_always_sure():
    confidence, correct = np.ones(30), np.ones(30, dtype=bool)
    assert "n = 30" in texts(draw_calibration(calibration_bins(confidence, correct), confidence, "0.000"))
    told = texts(draw_risk_coverage(risk_coverage(confidence, correct), 30, 1.1))
    assert "n = 30" in told
    assert "the model answers" not in told
    told = texts(draw_risk_coverage(risk_coverage(SCORE, POSITIVE), 40, 0.5))
    assert "the model answers from 0.5 on" in told


def test_the_lowest_of_many_rows_are_drawn():
    strata = [Stratum(f"p{n:03d}", 10, n % 11, (0.0, 1.0), 1) for n in range(60)]
    told = texts(draw_strata(strata, 0.5, of="Patient"))
    assert told.count("(n = 10)") == MOST_ROWS
    assert "p000" in told
    assert "p010 " not in told
    assert "Patient" in told

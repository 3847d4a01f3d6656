"""The page of an evaluation tells its figures, warns where it must, and runs nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from leukoscope.data.checks.findings import CheckReport, Finding
from leukoscope.domain.images import ImageQuality
from leukoscope.evaluation.classification import EvaluationSettings, evaluate_predictions
from leukoscope.evaluation.predictions import Predictions
from leukoscope.reporting.evaluation_report.checklist import checklist
from leukoscope.reporting.evaluation_report.content import ErrorPicture, EvaluationPage, TrainingTold
from leukoscope.reporting.evaluation_report.evaluation_page import write_evaluation_page
from leukoscope.reporting.evaluation_report.evaluation_words import class_rows, figure_rows
from leukoscope.reporting.evaluation_report.metrics_json import metrics_document
from leukoscope.reporting.figures.curves import Curve, TrainingCurves

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
SETTINGS = EvaluationSettings(rounds=60, uncertain_below=0.5)
HOSTILE = '<img src=x onerror="alert(1)">&amp;\u202e{{ 7*7 }}'


def predictions(*, classes: tuple[str, ...] = ("a", "b", "c"), patients: int = 12, skill: float = 1.5) -> Predictions:
    rng = np.random.default_rng(7)
    truth = np.arange(90) % len(classes)
    logits = rng.normal(size=(90, len(classes))) + skill * np.eye(len(classes))[truth]
    rows = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    owners = tuple(f"p{place % len(classes)}-{place % patients}" for place in range(90)) if patients else ()
    sources = tuple(("here", "there")[place % 2] for place in range(90))
    return Predictions(classes, truth, rows, tuple(f"{n}.png" for n in range(90)), patients=owners, sources=sources)


def page(told: Predictions, **changes: object) -> EvaluationPage:
    wrong = np.flatnonzero(~told.correct)[:2].tolist()
    errors = tuple(
        ErrorPicture(told.paths[one], "a", "b", 0.9, 0.05, "data:image/jpeg;base64,AA==", "data:image/jpeg;base64,BB==")
        for one in wrong
    )
    plain = EvaluationPage(
        title="some-model 1.0.0",
        data="drawn",
        part="test",
        predictions=told,
        settings=SETTINGS,
        evaluation=evaluate_predictions(told, SETTINGS, validation=told),
        warnings=(),
        verdict=CheckReport((), ()),
        card=None,
        quality=tuple(ImageQuality(place / 90, 240.0, 0.0, 0.1, 0.5, ("Blurred.",) if place < 9 else ())
                      for place in range(90)),
        errors=errors,
        left_open=(ErrorPicture("gone.png", "a", "b", 0.4, 0.3, "", "", "The file is not at hand."),),
        training=None,
        not_read=(("broken.png", "It is truncated."),),
        thresholds_from="90 validation pictures",
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


class Outside(HTMLParser):
    """Collects scripts, and addresses that are not in the page itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.images = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.images += tag == "img"
        self.found += [tag] if tag in ("script", "iframe", "object", "embed") else []
        for name, value in attrs:
            outside = name in ("src", "href") and value and not value.startswith(("data:", "#"))
            self.found += [f"{name}={value}"] if outside or name.startswith("on") else []


def written(one: EvaluationPage, folder: Path) -> str:
    return write_evaluation_page(one, folder, written_at=NOW).read_text(encoding="utf-8")


def test_a_page_tells_everything_and_reaches_nothing(tmp_path: Path) -> None:
    text = written(page(predictions()), tmp_path)
    parser = Outside()
    parser.feed(text)
    assert parser.found == []
    assert parser.images >= 12
    for told in (
        "Check of the data: Nothing was found.",
        "For research use only",
        "2026-01-02 03:04",
        "Balanced accuracy",
        "Sure and wrong",
        "Wrong, but left open",
        "The file is not at hand.",
        "By patient (n = ",
        "By source",
        "By focus",
        "90 validation pictures",
        "Not read: 1 picture",
        "It is truncated.",
        "TRIPOD+AI",
    ):
        assert told in text, told


def test_hostile_names_are_shown_and_never_run(tmp_path: Path) -> None:
    told = predictions(classes=(HOSTILE, "b"))
    one = page(told, title=HOSTILE, data=HOSTILE, warnings=(HOSTILE,), not_read=((HOSTILE, HOSTILE),))
    text = written(one, tmp_path)
    parser = Outside()
    parser.feed(text)
    assert parser.found == []
    assert "\u202e" not in text
    assert "49" not in text.split("<title>")[1].split("</title>")[0]


def test_the_worst_of_the_check_stands_on_top(tmp_path: Path) -> None:
    severe = CheckReport((), (Finding("x", "severe", "Copies lie on both sides.", "Split again."),))
    text = written(page(predictions(), verdict=severe), tmp_path)
    assert text.index("verdict severe") < text.index("Balanced accuracy")
    assert "Copies lie on both sides." in text
    unchecked = written(page(predictions(), verdict=None), tmp_path)
    assert "The data were not checked" in unchecked


def test_warnings_stand_before_the_figures(tmp_path: Path) -> None:
    text = written(page(predictions(), warnings=("The model is degenerate.",)), tmp_path)
    assert text.index("The model is degenerate.") < text.index("Balanced accuracy")


def test_little_is_told_where_little_is_known(tmp_path: Path) -> None:
    told = predictions(patients=0)
    bare = Predictions(told.classes, told.targets, told.probabilities, told.paths)
    one = page(bare, evaluation=evaluate_predictions(bare, SETTINGS), quality=(), errors=(), left_open=(), not_read=(),
               thresholds_from="")  # fmt: skip
    text = written(one, tmp_path)
    assert "No patients or groups are known" in text
    assert "Neither sources nor patients nor the quality of the pictures are known." in text
    assert "none were given" in text
    assert "Sure and wrong" not in text


def test_a_faultless_model_is_not_called_faultless(tmp_path: Path) -> None:
    truth = np.arange(90) % 3
    told = Predictions(("a", "b", "c"), truth, np.eye(3)[truth], tuple(map(str, range(90))))
    text = written(page(told, evaluation=evaluate_predictions(told, SETTINGS)), tmp_path)
    assert "does not mean that none ever is" in text
    assert "exact, each picture one case" in text


def test_one_class_alone_still_has_a_page(tmp_path: Path) -> None:
    told = predictions(patients=0)
    only = told.select(told.targets == 0)
    text = written(page(only, evaluation=evaluate_predictions(only, SETTINGS), quality=()), tmp_path)
    assert "Only one class occurs" in text


@pytest.mark.parametrize("classes", [2, 40])
def test_two_and_forty_classes_are_drawn(tmp_path: Path, classes: int) -> None:
    told = predictions(classes=tuple(f"class {number}" for number in range(classes)), patients=0)
    settings = EvaluationSettings(rounds=20, positive="class 0" if classes == 2 else "")
    text = written(page(told, settings=settings, evaluation=evaluate_predictions(told, settings)), tmp_path)
    assert text.count("<img") >= 8


def test_training_is_drawn_where_it_is_known(tmp_path: Path) -> None:
    curve = Curve((0, 1), (1.0, 0.5))
    training = TrainingTold(TrainingCurves(curve, curve, curve, curve), 500, 90, 1, "some-recipe")
    assert "How training went" in written(page(predictions(), training=training), tmp_path)
    assert "How training went" not in written(page(predictions()), tmp_path)


def test_the_checklist_leaves_open_what_nobody_told() -> None:
    items = checklist(page(predictions()))
    answers = {item.question: item.answer for item in items}
    assert answers["Ethical approval and consent"] == ""
    assert answers["Age, sex and other traits of the people"] == ""
    assert "accuracy" in answers["Performance with limits"]
    assert "12 of" not in answers["Missing data"]
    assert "1 pictures could not be read" in answers["Missing data"]
    foreign = checklist(page(predictions(), not_read=(), other_classes="3 of 9 pictures have a class of their own."))
    assert {one.question: one.answer for one in foreign}["Missing data"].startswith("3 of 9 pictures")


def test_the_table_and_the_json_tell_the_same() -> None:
    one = page(predictions())
    figures = metrics_document(one.evaluation, SETTINGS)
    rows = {row.title: row for row in figure_rows(one.evaluation)}
    assert rows["Balanced accuracy"].value == f"{figures['balanced_accuracy']:.3f}"
    classes = {row.name: row for row in class_rows(one.evaluation)}
    assert classes["b"].recall == f"{figures['per_class']['b']['recall']:.3f}"  # type: ignore[index]
    assert figures["by_patient"] is not None
    assert figures["resampling"]["unit"] == "patient"  # type: ignore[index]


def test_metrics_hold_no_number_that_json_does_not_know() -> None:
    rows = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    told = Predictions(("a", "b", "c"), np.array([0, 1, 1]), rows, ("1", "2", "3"))
    text = json.dumps(metrics_document(evaluate_predictions(told, SETTINGS), SETTINGS), allow_nan=False)
    keys = set(json.loads(text))
    assert {"task", "n", "classes", "accuracy", "accuracy_ci95", "balanced_accuracy", "macro_f1", "weighted_f1",
            "per_class", "confusion", "auroc", "auroc_ci95", "ece", "brier", "abstained"} <= keys  # fmt: skip


def test_pictures_of_which_nothing_was_said_are_counted_apart_and_break_no_figure(tmp_path: Path) -> None:
    whole = predictions()
    silent = replace(whole, probabilities=np.where(np.arange(90)[:, None] < 6, np.nan, whole.probabilities))
    document = metrics_document(evaluate_predictions(silent, SETTINGS), SETTINGS)
    assert document["given_no_class"] == {"a": 2, "b": 2, "c": 2}
    assert sum(map(sum, document["confusion"])) == 84  # type: ignore[arg-type]
    told = write_evaluation_page(page(silent), tmp_path).read_text(encoding="utf-8")
    assert "ROC curves" in told
    assert not re.search(r"\bnan\b", told.split("<body", 1)[1])


def test_without_patients_no_tile_is_told_twice_and_a_warning_is_named_on_top(tmp_path: Path) -> None:
    warned = CheckReport((), (Finding("x", "warning", "Groups are not known.", "Name them."),))
    told = replace(predictions(), patients=(), groups=(), slides=())
    text = written(page(told, verdict=warned), tmp_path)
    assert text.count("<dt>Pictures</dt>") == 1
    assert "<dt>Patients</dt><dd>not known</dd>" in text
    assert "1 warning finding, none severe: Groups are not known." in text
    assert "by chance alone a perfectly calibrated model" in text

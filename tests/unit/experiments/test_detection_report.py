"""The page of a detector tells its figures class by class, shows the worst fields, and escapes every name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from leukoscope.bundles.archive import Bundle
from leukoscope.bundles.card import Card
from leukoscope.data.boxed_pictures import BoxedPicture
from leukoscope.data.checks.findings import CheckReport
from leukoscope.domain.objects import Detections, Marked
from leukoscope.experiments.detection_evaluation import DetectorEvaluation
from leukoscope.experiments.detection_report import page_of_detector
from leukoscope.experiments.detection_scores import score_detections
from leukoscope.reporting.evaluation_report.detection_page import found_rows, write_detection_page

HOSTILE = '<img src=x onerror="alert(1)">\u202e{{ 7*7 }}.png'
NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
SQUARES = np.array([[10.0, 10, 40, 40], [60, 60, 90, 90], [100, 20, 130, 50]])


def _evaluated(found: list[Detections], *, unknown: int = 0, groups: int = 4) -> DetectorEvaluation:
    marked = Marked(SQUARES, np.array([0, 0, 1]))
    pixels = np.full((120, 160, 3), 220, np.uint8)
    pictures = tuple(
        BoxedPicture(f"field{place}{HOSTILE}", pixels, marked, f"g{place % groups}") for place in range(len(found))
    )
    scores = score_detections(
        found, pictures, ("wbc", HOSTILE), thresholds=(0.5, 0.5), rng=np.random.default_rng(0), rounds=50
    )
    return DetectorEvaluation(scores, (), CheckReport((), ()), 0, 0, unknown, 0, pictures, tuple(found))


def _found(places: list[int], labels: list[int], score: float = 0.9) -> Detections:
    return Detections(SQUARES[places], np.full(len(places), score), np.array(labels, np.int64))


RIGHT = _found([0, 1, 2], [0, 0, 1])
ONE_MISSED = _found([0, 2], [0, 1])
RENAMED = _found([0, 1], [0, 1])


@pytest.fixture
def card(tiny_bundle: Callable[..., Bundle]) -> Card:
    return tiny_bundle(level="image").card


def test_the_page_tells_every_class_with_limits_and_shows_the_worst_pictures_first(card: Card, tmp_path: Path) -> None:
    told = page_of_detector(_evaluated([RIGHT, ONE_MISSED, RENAMED, RIGHT]), card, data="drawn", part="test",
                            rounds=50, seed=0)  # fmt: skip
    text = write_detection_page(told, tmp_path, written_at=NOW).read_text(encoding="utf-8")
    wbc = found_rows(told.classes)[0]
    assert (wbc.marked, wbc.found, wbc.recall, wbc.renamed) == (8, 6, "0.750", 1)
    assert (wbc.count_error, wbc.precision) == ("-25.0 %", "1.000")
    assert wbc.ap50_limits in text
    assert wbc.ap50_limits != "-"
    assert [(one.missed, one.false, one.hits) for one in told.worst] == [(2, 1, 1), (1, 0, 2)]
    assert "2 of 4 pictures" in text
    assert "1 of 8 marked were found under another class only" in text
    assert text.count("<rect") == sum(len(one.boxes) for one in told.worst) == 7
    assert "<img src=x" not in text
    assert "7*7" in text
    assert "diagnose" not in text.replace("it does not diagnose", "")


def test_counts_are_told_picture_by_picture(card: Card) -> None:
    told = page_of_detector(_evaluated([RIGHT, ONE_MISSED]), card, data="drawn", part="", rounds=50, seed=0)
    assert told.classes[0].counts == ((2, 2), (2, 1))
    assert told.classes[1].counts == ((1, 1), (1, 1))


def test_a_perfect_detector_is_not_said_to_be_so_forever(card: Card, tmp_path: Path) -> None:
    told = page_of_detector(_evaluated([RIGHT, RIGHT]), card, data="drawn", part="", rounds=50, seed=0)
    text = write_detection_page(told, tmp_path).read_text(encoding="utf-8")
    assert told.worst == ()
    assert "does not mean that it is always so" in text


def test_a_detector_that_finds_nothing_has_a_page_without_curves(card: Card, tmp_path: Path) -> None:
    nothing = Detections(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))
    told = page_of_detector(_evaluated([nothing, nothing]), card, data="drawn", part="", rounds=50, seed=0)
    text = write_detection_page(told, tmp_path).read_text(encoding="utf-8")
    assert "there is no curve" in text
    assert [one.missed for one in told.worst] == [3, 3]


def test_detections_below_the_threshold_are_on_the_curve_and_not_among_the_errors(card: Card) -> None:
    told = page_of_detector(
        _evaluated([RIGHT, _found([0, 1, 2], [0, 0, 1], 0.3)]), card, data="drawn", part="", rounds=50, seed=0
    )
    curve = told.classes[0].curve
    assert curve is not None
    assert curve.threshold.tolist() == [0.9, 0.3]
    assert curve.recall.tolist() == [0.5, 1.0]
    assert [(one.missed, one.false) for one in told.worst] == [(3, 0)]


def test_pictures_of_unknown_pixel_size_are_warned_of(card: Card) -> None:
    told = page_of_detector(_evaluated([RIGHT, RIGHT], unknown=2), card, data="drawn", part="", rounds=50, seed=0)
    assert "pixel size of 2 of 2 pictures is not known" in told.warnings[0]


def test_pictures_of_one_field_have_no_limits(card: Card, tmp_path: Path) -> None:
    told = page_of_detector(_evaluated([RIGHT, ONE_MISSED], groups=1), card, data="drawn", part="", rounds=50, seed=0)
    text = write_detection_page(replace(told, part="test"), tmp_path).read_text(encoding="utf-8")
    assert "none: all pictures show one field" in text
    assert found_rows(told.classes)[0].ap50_limits == "-"

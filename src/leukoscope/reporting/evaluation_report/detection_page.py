"""Writes the page of a detector's evaluation: `report.html`, one file without script or network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from leukoscope import __version__
from leukoscope.evaluation.boxes import recall_at_false
from leukoscope.reporting.data_report.check_views import MARKS
from leukoscope.reporting.evaluation_report.detection_content import DetectionPage, FoundClass
from leukoscope.reporting.evaluation_report.evaluation_page import REPORT
from leukoscope.reporting.evaluation_report.evaluation_words import limits, value_text, with_limits
from leukoscope.reporting.figures.detection import (
    FoundCurve,
    draw_found_counts,
    draw_found_precision,
    draw_free_response,
)
from leukoscope.reporting.figures.style import Picture, picture_of
from leukoscope.reporting.files import write_page
from leukoscope.reporting.page import render
from leukoscope.reporting.wording import share

MOST_CURVES = 10


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One class as a row of the table."""

    name: str
    marked: int
    found: int
    renamed: int
    threshold: str
    ap50: str
    ap50_limits: str
    ap50_95: str
    precision: str
    recall: str
    mean_iou: str
    mean_iou_limits: str
    count_error: str
    count_error_limits: str
    count_error_per_picture: str
    recall_at_false: tuple[str, ...]


def write_detection_page(page: DetectionPage, folder: Path, *, written_at: datetime | None = None) -> Path:
    """Write the page.

    Args:
        page: What to tell.
        folder: Where to; made when needed.
        written_at: Time told on the page; now, where not given.

    Returns:
        The page.

    Raises:
        MissingExtraError: The extra `data`, which draws figures, is not installed.
    """
    return write_page(folder / REPORT, _parts(page, written_at or datetime.now(UTC)))


def found_rows(classes: Sequence[FoundClass]) -> list[FoundRow]:
    """The table of classes; a dash where there is nothing to tell a figure from."""
    return [
        FoundRow(
            one.name,
            one.marked,
            one.found,
            one.renamed,
            f"{one.threshold:.3f}",
            value_text(one.ap50),
            limits(one.ap50),
            _text(one.ap50_95),
            _text(one.precision),
            _text(one.recall),
            value_text(one.mean_iou),
            limits(one.mean_iou),
            "-" if one.count_error is None else f"{100 * one.count_error.value:+.1f} %",
            _percent_limits(one),
            f"{one.count_error_per_picture:.2f}",
            tuple(share(value) for value in one.recall_at_false),
        )
        for one in classes
    ]


def _parts(page: DetectionPage, written_at: datetime) -> Iterator[str]:
    yield render("data_report/top", brand="leukoscope evaluation", title=page.title, version=__version__,
                 written_at=f"{written_at:%Y-%m-%d %H:%M %Z}")  # fmt: skip
    yield render("evaluation_report/detection", page=page, worst=page.verdict.worst, marks=MARKS,
                 rows=found_rows(page.classes), map50=with_limits(page.map50), map50_95=share(page.map50_95),
                 overlap=with_limits(page.mean_iou_of_marked), curves=_curve_pictures(page),
                 counts=_count_picture(page))  # fmt: skip
    yield render("evaluation_report/worst_fields", page=page)
    yield render("data_report/bottom", version=__version__)


def _curve_pictures(page: DetectionPage) -> list[Picture]:
    """Precision-recall and free-response curves of the classes that are marked and were found at all."""
    largest = sorted(page.classes, key=lambda one: -one.marked)[:MOST_CURVES]
    shown = [(one, one.curve) for one in page.classes if one in largest and one.curve and len(one.curve.threshold)]
    if not shown:
        return []
    precision = [FoundCurve(one.name, one.marked, curve, one.threshold, value_text(one.ap50)) for one, curve in shown]
    response = [
        FoundCurve(one.name, one.marked, curve, one.threshold, share(recall_at_false(curve, 1.0)))
        for one, curve in shown
    ]
    told = ", ".join(f"{one.name} {one.told}" for one in precision)
    at_one = ", ".join(f"{one.name} {one.told}" for one in response)
    return [
        picture_of(draw_found_precision(precision, page.pictures, page.iou), f"Precision over recall: {told}"),
        picture_of(
            draw_free_response(response, page.pictures, page.iou),
            f"Recall over false detections per picture; at one: {at_one}",
        ),
    ]


def _count_picture(page: DetectionPage) -> Picture | None:
    rows = [(one.name, one.counts) for one in page.classes if one.marked]
    return picture_of(draw_found_counts(rows), "Detections over marked objects, picture by picture") if rows else None


def _text(value: float | None) -> str:
    return "-" if value is None else share(value)


def _percent_limits(one: FoundClass) -> str:
    if one.count_error is None or one.count_error.ci95 is None:
        return "-"
    low, high = one.count_error.ci95
    return f"{100 * low:+.1f} to {100 * high:+.1f} %"

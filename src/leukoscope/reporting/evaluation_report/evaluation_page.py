"""Writes the page of an evaluation: `report.html`, one file without script or network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from leukoscope import __version__
from leukoscope.evaluation.class_evaluation import ASKED, PREVALENCES
from leukoscope.evaluation.classification import PLURALS
from leukoscope.reporting.data_report.check_views import MARKS
from leukoscope.reporting.evaluation_report import evaluation_figures as figures
from leukoscope.reporting.evaluation_report.checklist import checklist
from leukoscope.reporting.evaluation_report.content import EvaluationPage
from leukoscope.reporting.evaluation_report.evaluation_words import chance_text, class_rows, figure_rows, point_rows
from leukoscope.reporting.evaluation_report.leaning import lean_rows
from leukoscope.reporting.files import write_page
from leukoscope.reporting.page import render

REPORT = "report.html"
MOST_LISTED = 50
"""Pictures that could not be read, as listed."""


def write_evaluation_page(page: EvaluationPage, folder: Path, *, written_at: datetime | None = None) -> Path:
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


def _parts(page: EvaluationPage, written_at: datetime) -> Iterator[str]:
    evaluation = page.evaluation
    worst = None if page.verdict is None else page.verdict.worst
    yield render("data_report/top", brand="leukoscope evaluation", title=page.title, version=__version__,
                 written_at=f"{written_at:%Y-%m-%d %H:%M %Z}")  # fmt: skip
    yield render("evaluation_report/summary", page=page, evaluation=evaluation, worst=worst, marks=MARKS,
                 rows=figure_rows(evaluation), units=PLURALS[evaluation.unit])  # fmt: skip
    yield render("evaluation_report/classes", evaluation=evaluation, confusion=figures.confusion_picture(evaluation),
                 rows=class_rows(evaluation), units=PLURALS[evaluation.unit])  # fmt: skip
    yield render("evaluation_report/errors", page=page, wrong=int((~page.predictions.correct).sum()))
    ranking = figures.ranking_pictures(page.predictions, evaluation)
    yield render("evaluation_report/ranking", page=page, pictures=ranking, points=point_rows(evaluation), asked=ASKED,
                 thresholds=figures.threshold_picture(evaluation), prevalences=PREVALENCES)  # fmt: skip
    yield render("evaluation_report/trust", page=page, pictures=figures.trust_pictures(page),
                 chance=chance_text(evaluation))  # fmt: skip
    card = page.card
    if card is not None and card.measurements is not None:
        watched = None if card.training is None else card.training.images_validation
        yield render("evaluation_report/leaning", part=card.measurements, rows=list(lean_rows(card.measurements)),
                     watched=watched)  # fmt: skip
    yield render("evaluation_report/strata", strata=list(figures.strata_pictures(page)))
    training = None if page.training is None else figures.training_picture(page.training)
    yield render("evaluation_report/end", page=page, training=training, items=checklist(page),
                 not_read=page.not_read[:MOST_LISTED])  # fmt: skip
    yield render("data_report/bottom", version=__version__)

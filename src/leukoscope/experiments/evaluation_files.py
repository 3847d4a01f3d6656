"""What an evaluation leaves behind for programs: `metrics.json` and `predictions.csv`."""

from __future__ import annotations

import json
from pathlib import Path

from leukoscope.evaluation.classification import Evaluation, EvaluationSettings
from leukoscope.evaluation.predictions import Predictions
from leukoscope.experiments.predictions_csv import write_predictions
from leukoscope.reporting.evaluation_report.metrics_json import metrics_document

METRICS, PREDICTIONS = "metrics.json", "predictions.csv"


def metrics_text(evaluation: Evaluation, settings: EvaluationSettings) -> str:
    """The text of `metrics.json`."""
    return json.dumps(metrics_document(evaluation, settings), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def keep_evaluation(
    predictions: Predictions, evaluation: Evaluation, settings: EvaluationSettings, folder: Path
) -> None:
    """Write `metrics.json` and `predictions.csv` into a folder, which is made when needed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / METRICS).write_text(metrics_text(evaluation, settings), encoding="utf-8")
    write_predictions(predictions, folder / PREDICTIONS)

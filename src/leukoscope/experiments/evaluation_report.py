"""Gathers what the page of an evaluation shows beside its figures, and writes it."""

from __future__ import annotations

from pathlib import Path

from leukoscope.experiments.data_verdict import keep_verdict
from leukoscope.experiments.evaluation_run import Evaluated


def keep_report(found: Evaluated, folder: Path) -> Path:
    """Write the verdict on the data."""
    if found.verdict is not None:
        keep_verdict(found.verdict, folder / "data_check.json")
    return folder

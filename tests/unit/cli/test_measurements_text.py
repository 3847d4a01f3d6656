"""What people read of a classifier of measurements, in the terminal and on the page."""

from __future__ import annotations

import pytest

from leukoscope.bundles.measurements import ImportanceCard, MeasurementsCard
from leukoscope.cli.measurements_text import measurement_lines
from leukoscope.reporting.evaluation_report.leaning import lean_rows
from leukoscope.reporting.page import render


@pytest.mark.parametrize(("lost", "nothing"), [((0.0, -0.001), True), ((0.02, 0.0), False), ((), False)])
def test_columns_are_not_ranked_where_none_matters_measurably(lost: tuple[float, ...], nothing: bool) -> None:
    rows = tuple(ImportanceCard(name=f"column-{place}", lost=one) for place, one in enumerate(lost))
    part = MeasurementsCard(
        columns=("area",), outlining="otsu-density", definitions="0123456789ab", method="SVM.", importance=rows
    )
    told = " ".join(measurement_lines(part))
    page = render("evaluation_report/leaning", part=part, rows=list(lean_rows(part)), watched=9)
    for text in (told, page):
        assert ("No single column matters measurably" in text) == nothing
        assert ("column-0" in text) == (bool(lost) and not nothing)

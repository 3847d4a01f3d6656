from __future__ import annotations

from pathlib import Path

import pytest

from leukoscope.errors import DataError
from leukoscope.reporting.comparison_report.leakage_document import BEGIN, END, insert_labs, read_color_labs, read_labs

REPOSITORY = Path(__file__).parents[4]


def test_the_document_tells_what_the_labs_found() -> None:
    text = (REPOSITORY / "docs" / "explanation" / "leakage.md").read_text(encoding="utf-8")
    kept = REPOSITORY / "recipes" / "leakage"
    assert insert_labs(text, read_labs(kept), read_color_labs(kept)) == text, (
        "run: python -m leukoscope.reporting.comparison_report.leakage_document"
    )


def test_what_stands_around_the_labs_stays() -> None:
    assert insert_labs(f"before\n{BEGIN}\nold\n{END}\nafter", ()) == f"before\n{BEGIN}\n\n\n{END}\nafter"


def test_a_document_without_a_place_for_them_is_refused() -> None:
    with pytest.raises(DataError, match="where the labs stand"):
        insert_labs("nothing", ())

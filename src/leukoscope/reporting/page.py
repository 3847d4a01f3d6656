"""Renders the HTML: the top of a page, one picture, the list of many, the bottom. Everything is escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.reporting import wording
from leukoscope.reporting.gallery import ORDER
from leukoscope.reporting.meaning import NOT_A_FINDING, SHIFTED

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: object) -> str:
    """One of the templates (`top`, `image`, `list`, `bottom`) with its values; all texts are escaped."""
    return _environment().get_template(f"{template}.html.j2").render(**values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = wording.visible
    environment.globals |= {
        "research_use": wording.RESEARCH_USE,
        "sampling_only": wording.SAMPLING_ONLY,
        "unnamed_not_covered": wording.UNNAMED_NOT_COVERED,
        "review_order": ORDER,
        "not_a_finding": NOT_A_FINDING,
        "shifted": SHIFTED,
        "plural": wording.plural,
        "share": wording.share,
        "css": (_TEMPLATES / "report.css").read_text(encoding="utf-8"),
    }
    return environment

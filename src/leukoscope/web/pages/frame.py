"""What is the same on every page: the head, and the notice at its foot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from leukoscope import __version__
from leukoscope.reporting.wording import RESEARCH_USE
from leukoscope.web.pages.elements import box, text

STYLE_URL = f"/static/leukoscope/desk.css?version={__version__}"


@contextmanager
def frame(classes: str = "") -> Iterator[ui.element]:
    """A page's head and foot around its main part.

    Yields:
        The head, for links and buttons of the page.
    """
    ui.add_head_html(f'<link rel="stylesheet" href="{STYLE_URL}">')
    with box("div", f"page {classes}"):
        with box("header", "head") as head:
            text("a", "leukoscope", "wordmark", {"href": "/", "aria-label": "leukoscope, new analysis"})
            text("span", "Research use only", "use")
        with box("div", "main"):
            yield head
        with box("footer", "foot"):
            text("span", RESEARCH_USE)
            text("a", "REST API", "quiet", {"href": "/api/docs"})


def message_page(status: int, message: str, hint: str) -> None:
    """A page that only says what is wrong and leads back to the start."""
    ui.context.client.status_code = status
    with frame("start"):
        text("h1", message, "title")
        text("p", hint, "lead")
        text("a", "Analyze images", "button primary", {"href": "/"})

"""The side panel: all cells in the order of review, and the one that was chosen in detail."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

from leukoscope.reporting.meaning import NOT_A_FINDING, SHIFTED, MeaningView, MeasureRow
from leukoscope.reporting.wording import share
from leukoscope.service.views import CellView, SaidView
from leukoscope.web.pages.elements import box, text
from leukoscope.web.pages.picture import cell_sentence


class CellList:
    """The cells, those to look at first on top.

    Args:
        cells: In the order of review.
        url: Address of the picture's files, without the last part.
        on_choose: Called with the number of the cell that was clicked.
        asked: Whether a model that names cells was asked, so that a cell without a name could not be measured.
    """

    def __init__(self, cells: Sequence[CellView], url: str, on_choose: Callable[[int], None], *, asked: bool) -> None:
        self._rows: dict[int, ui.element] = {}
        self._asked = asked
        self._chosen: int | None = None
        first = [cell for cell in cells if cell.first]
        rest = [cell for cell in cells if not cell.first]
        for title, part in (("To look at first", first), ("The others" if first else "Cells", rest)):
            if part:
                text("h2", title, "part-title")
                with box("ol", "cells", {"aria-label": title}):
                    for cell in part:
                        self._row(cell, url, on_choose)

    def choose(self, cell_id: int | None) -> None:
        """Mark one row, or none, and bring it into sight."""
        if self._chosen is not None:
            self._rows[self._chosen].classes(remove="chosen")
        self._chosen = cell_id
        if cell_id is not None:
            row = self._rows[cell_id].classes(add="chosen")
            ui.run_javascript(f"getHtmlElement({row.id})?.scrollIntoView({{block: 'nearest'}});")

    def _row(self, cell: CellView, url: str, on_choose: Callable[[int], None]) -> None:
        attributes = {"type": "button", "tabindex": "-1", "aria-label": cell_sentence(cell)}
        with box("li"), box("button", "row", attributes) as row:
            box("img", "row-crop", {"src": f"{url}/cell-{cell.id}.jpg", "alt": "", "loading": "lazy"})
            text("span", str(cell.id), "row-number").style(f"--color: {cell.color}")
            with box("span", "row-text"):
                text("span", cell.title, "row-title")
                if cell.meaning.conflict:
                    text("span", "its measurements contradict its name", "row-note")
                elif cell.said is None and self._asked:
                    text("span", "could not be measured", "row-note")
                elif cell.said is not None and cell.said.uncertain:
                    reason = "unlike the training cells" if cell.said.novel else f"perhaps {cell.said.best.lower()}"
                    text("span", reason, "row-note")
            if cell.said is not None:
                text("span", share(cell.said.score), "row-score")
        row.on("click", lambda: on_choose(cell.id))
        self._rows[cell.id] = row


def cell_detail(cell: CellView, url: str, *, asked: bool) -> None:
    """One cell: enlarged, where the model looked, how sure it is, what was measured; `asked` as in the list."""
    with box("div", "crops"):
        _figure(f"{url}/cell-{cell.id}.jpg", "as it is", f"Cell {cell.id} enlarged")
        if cell.said is not None and cell.said.heat:
            _figure(f"{url}/cell-{cell.id}-heat.jpg", "what spoke for it", f"Heat map of cell {cell.id}")
    if cell.said is None and asked:
        text("p", "It could not be measured, so the model gave it no name. Look at it yourself.", "note doubt")
    elif cell.said is None:
        text("p", "No model that names cells was asked.", "note")
    else:
        said_block(cell.said)
    _meaning(cell.meaning)


def _meaning(meaning: MeaningView) -> None:
    """What the measurements mean, and the measurements themselves among reference cells."""
    if meaning.conflict:
        text("p", meaning.conflict, "note doubt")
    if meaning.sentence or meaning.note:
        text("p", meaning.sentence or meaning.note, "note sentence")
    if not meaning.rows:
        return
    with box("table", "measures"), box("tbody"):
        for row in meaning.rows:
            with box("tr"):
                text("th", row.title, attributes={"scope": "row"})
                text("td", row.value)
                if meaning.among:
                    _standing(row)
    if meaning.among:
        text("p", f"Percent: how many of {meaning.among}, measure less. {SHIFTED}", "note small")
    if meaning.likeness:
        network = f"; the network gives blasts {meaning.network}" if meaning.network else ""
        with box("details", "model-more"):
            text("summary", f"Blast-likeness from measurements {meaning.likeness}{network}")
            text("p", NOT_A_FINDING)
            with box("ul"):
                for title, met in meaning.criteria:
                    text("li", f"{title} {met}")


def _standing(row: MeasureRow) -> None:
    with box("td", "rank"):
        if row.percent:
            with box("span"):
                box("i").style(f"left: {row.place}%")
    text("td", row.percent)


def said_block(said: SaidView) -> None:
    """What a model says, with every class and its probability."""
    if said.novel:
        text("p", f"Unlike anything {said.model} was trained on; do not rely on the classes below.", "note doubt")
    elif said.uncertain:
        text("p", f"The score is too low to rely on. Most probable: {said.best}.", "note doubt")
    else:
        text("p", said.meaning, "note")
    with box("table", "bars"), box("tbody"):
        for title, probability in said.probabilities:
            with box("tr"):
                text("th", title, attributes={"scope": "row"})
                with box("td", "bar"):
                    box("span").style(f"width: {100 * probability:.1f}%")
                text("td", share(probability), "figure")


def _figure(url: str, caption: str, words: str) -> None:
    with box("figure"):
        box("img", attributes={"src": url, "alt": words})
        text("figcaption", caption)

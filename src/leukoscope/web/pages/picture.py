"""One picture with its cells outlined, numbered and named; each cell is a button."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from leukoscope.reporting.wording import plural, share
from leukoscope.service.views import CellView, PictureView
from leukoscope.web.pages.elements import box, text

FEW = 30
"""Up to so many cells are named in full on the picture; beyond, in short."""

ZOOMS = (100, 150, 200, 300, 400)


class Picture:
    """The picture and what is drawn over it.

    Args:
        view: What there is to show.
        url: Address of the picture's files, without the last part.
        name: What its sender calls it.
        on_choose: Called with the number of the cell that was clicked, or reached by keyboard and entered.
    """

    def __init__(self, view: PictureView, url: str, name: str, on_choose: Callable[[int], None]) -> None:
        self._view = view
        self._on_choose = on_choose
        self._zoom = 0
        self._lines: dict[int, ui.element] = {}
        self._buttons: dict[int, ui.element] = {}
        self._chosen: int | None = None
        with box("div", "bar-above"):
            text("p", facts_line(view), "facts")
            self._tools()
        with box("div", "stage-scroll"), box("div", "stage") as self._stage:
            self._stage.style(f"aspect-ratio: {view.width} / {view.height}; --shape: {view.width / view.height:.4f}")
            box("img", "picture", {"src": f"{url}/picture.jpg", "alt": f"{name}, {len(view.cells)} cells found"})
            self._outlines()
            # By number, so that Tab goes through the picture as it is read; the list stands in the order of review.
            for cell in sorted(view.cells, key=lambda one: one.id):
                self._button(cell)

    def choose(self, cell_id: int | None) -> None:
        """Mark one cell, or none, and bring it into sight."""
        for marked, chosen in ((self._chosen, False), (cell_id, True)):
            if marked in self._lines and marked is not None:
                for element in (self._lines[marked], self._buttons[marked]):
                    element.classes(add="chosen") if chosen else element.classes(remove="chosen")
                self._buttons[marked].props["aria-pressed"] = "true" if chosen else "false"
        self._chosen = cell_id

    def focus(self, cell_id: int) -> None:
        """Move the keyboard to a cell."""
        element = self._buttons[cell_id].id
        ui.run_javascript(f"const e = getHtmlElement({element}); e?.focus(); e?.scrollIntoView({{block: 'nearest'}});")

    def toggle_outlines(self) -> None:
        """Hide what is drawn over the cells, or show it again."""
        bare = self._toggle.props["aria-pressed"] == "true"
        self._toggle.props["aria-pressed"] = "false" if bare else "true"
        self._stage.classes(add="bare") if bare else self._stage.classes(remove="bare")

    def _tools(self) -> None:
        with box("div", "tools", {"role": "group", "aria-label": "View"}):
            self._toggle = text("button", "Outlines", "tool", {"type": "button", "aria-pressed": "true"})
            self._toggle.on("click", self.toggle_outlines)
            for sign, step, label in (("\N{MINUS SIGN}", -1, "Smaller"), ("+", 1, "Larger")):
                button = text("button", sign, "tool", {"type": "button", "aria-label": label})
                button.on("click", lambda step=step: self.zoom_by(step))

    def zoom_by(self, step: int) -> None:
        """Make the picture larger or smaller by some steps."""
        self._zoom = min(max(self._zoom + step, 0), len(ZOOMS) - 1)
        self._stage.style(f"--zoom: {ZOOMS[self._zoom] / 100}")

    def _outlines(self) -> None:
        viewbox = f"0 0 {self._view.width} {self._view.height}"
        with box("svg", "outlines", {"viewBox": viewbox, "aria-hidden": "true", "preserveAspectRatio": "none"}):
            for cell in self._view.cells:
                points = " ".join(f"{x:.1f},{y:.1f}" for x, y in cell.outline)
                with box("g", "cell-line doubtful" if cell.doubtful else "cell-line") as group:
                    box("polygon", "halo", {"points": points})
                    box("polygon", "line", {"points": points, "stroke": cell.color})
                self._lines[cell.id] = group

    def _button(self, cell: CellView) -> None:
        x0, y0, x1, y1 = cell.box
        width, height = self._view.width, self._view.height
        place = (
            f"left: {100 * x0 / width:.3f}%; top: {100 * y0 / height:.3f}%; "
            f"width: {100 * (x1 - x0) / width:.3f}%; height: {100 * (y1 - y0) / height:.3f}%; --color: {cell.color}"
        )
        attributes = {"type": "button", "aria-label": cell_sentence(cell), "aria-pressed": "false"}
        below = "below" if y0 / height < 0.05 else ""
        right = "right" if x1 / width > 0.9 else ""
        with box("button", f"cell {below} {right}", attributes).style(place) as button, box("span", "tag"):
            text("b", str(cell.id))
            if cell.said is not None:
                text("span", cell.title if len(self._view.cells) <= FEW else cell.code, "tag-name")
        button.on("click", lambda: self._on_choose(cell.id))
        self._buttons[cell.id] = button


def facts_line(view: PictureView) -> str:
    """How many cells, how large, at which scale."""
    parts = [plural(len(view.cells), "nucleated cell"), f"{view.width} \N{MULTIPLICATION SIGN} {view.height} px"]
    if view.pixel_size_um is not None:
        guess = " (estimated from the red cells)" if view.pixel_size_source == "estimated" else ""
        parts.append(f"{view.pixel_size_um:.3f} \N{MICRO SIGN}m per pixel{guess}")
    return " \N{MIDDLE DOT} ".join(parts)


def cell_sentence(cell: CellView) -> str:
    """A cell in words, for those who do not see the picture."""
    said = cell.said
    if said is None:
        return f"Cell {cell.id}, not named"
    doubt = f", most probable {said.best}" if said.uncertain else ""
    return f"Cell {cell.id}, {cell.title}{doubt}, score {share(said.score)}"

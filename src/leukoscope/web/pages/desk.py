"""The page of one analysis: its pictures, the cells of one of them, and one cell in detail."""

from __future__ import annotations

from collections import Counter

from fastapi.concurrency import run_in_threadpool
from nicegui import ui
from nicegui.events import KeyEventArguments

from leukoscope.errors import NotFoundError
from leukoscope.reporting.counts_view import CountsView
from leukoscope.reporting.wording import NO_BLASTS_HERE
from leukoscope.service.job_values import Job, JobImage
from leukoscope.service.jobs import JobService
from leukoscope.service.views import PictureView
from leukoscope.web.pages.cell_panel import CellList, cell_detail, said_block
from leukoscope.web.pages.elements import box, text
from leukoscope.web.pages.frame import frame, message_page
from leukoscope.web.pages.head_tools import HeadTools
from leukoscope.web.pages.picture import Picture
from leukoscope.web.pages.strip import Strip

REFRESH_S = 0.3
_STEPS = {"ArrowDown": 1, "ArrowRight": 1, "ArrowUp": -1, "ArrowLeft": -1}
_ZOOMS = {"+": 1, "=": 1, "-": -1}
_KEYS = "Arrow keys: next cell. Enter: open. Esc: close. N, P: next, previous picture. O: outlines. + and -: size."


async def desk_page(service: JobService, job_id: str) -> None:
    """Build the page, or say that there is no such analysis."""
    try:
        job = await run_in_threadpool(service.job, job_id)
    except NotFoundError as fault:
        message_page(404, fault.message, fault.hint)
        return
    await Desk(service, job).open()


class Desk:
    """State of one open page.

    Args:
        service: The use cases.
        job: The analysis shown.
    """

    def __init__(self, service: JobService, job: Job) -> None:
        self._service, self._job = service, job
        self._url = f"/api/v1/analyses/{job.id}/view"
        self._number = 0
        self._shown_state = ""
        self._view: PictureView | None = None
        self._cell: int | None = None
        self._chosen_by_hand = False

    async def open(self) -> None:
        """Build the page and keep it fresh until the analysis is finished."""
        with frame("desk" if len(self._job.images) > 1 else "desk single") as head:
            with head:
                self._tools = HeadTools(self._service, self._job)
            self._strip = Strip(self._job, self._url, self._show_chosen)
            self._stage = box("section", "center", {"aria-label": "Picture"})
            self._panel = box("aside", "panel", {"aria-label": "Findings"})
        # Arrow keys walk through the cells; they must not scroll the page as well.
        for key in ("up", "down", "left", "right"):
            self._stage.on(f"keydown.{key}.prevent", js_handler="() => {}")
            self._panel.on(f"keydown.{key}.prevent", js_handler="() => {}")
        ui.keyboard(on_key=self._key, ignore=["input", "select", "textarea"])
        await self._show(self._first().number)
        self._timer = ui.timer(REFRESH_S, self._refresh, active=not self._job.finished)

    def _first(self) -> JobImage:
        """The picture to begin with: the first that is analyzed, else the first."""
        return next((image for image in self._job.images if image.state == "done"), self._job.images[0])

    async def _refresh(self) -> None:
        try:
            self._job = await run_in_threadpool(self._service.job, self._job.id)
        except NotFoundError:
            self._timer.deactivate()
            ui.navigate.to("/")
            return
        self._tools.update(self._job)
        self._strip.update(self._job)
        if not self._chosen_by_hand and self._shown_state != "done":
            self._number = self._first().number
        if self._image().state != self._shown_state or self._job.state == "failed":
            await self._show(self._number)
        if self._job.finished:
            self._timer.deactivate()

    def _image(self) -> JobImage:
        return self._job.images[self._number - 1]

    async def _show_chosen(self, number: int) -> None:
        self._chosen_by_hand = True
        await self._show(number)

    async def _show(self, number: int) -> None:
        """Show a picture, or why there is none."""
        self._number, self._cell, self._view = number, None, None
        image = self._image()
        self._shown_state = image.state
        if image.state == "done":
            try:
                view = await run_in_threadpool(self._service.view, self._job.id, number)
            except NotFoundError:  # expired or deleted since the page was opened; the fresh page says so
                ui.navigate.reload()
                return
            if self._number != number:  # the next picture was asked for meanwhile
                return
            self._view = view
        self._strip.choose(number)
        self._stage.clear()
        self._panel.clear()
        if self._view is None:
            self._show_no_picture(image)
            return
        url = f"{self._url}/{number}"
        with self._stage:
            self._picture = Picture(self._view, url, image.name, self._choose)
        with self._panel:
            self._detail = box("section", "detail", {"aria-live": "polite", "aria-label": "Chosen cell"})
            self._detail.visible = False
            with box("div", "overview"):
                self._facts(image, self._view, url)
                self._list = CellList(self._view.cells, url, self._choose, asked=self._view.names_cells)
                _models(self._view)
            if self._view.cells:
                text("p", _KEYS, "keys")
        if len(self._view.cells) == 1:
            self._choose(self._view.cells[0].id)

    def _show_no_picture(self, image: JobImage) -> None:
        with self._stage, box("div", "no-picture", {"role": "status"}):
            text("h1", image.name, "picture-name")
            if self._job.state == "failed":
                text("p", self._job.error, "fault", {"role": "alert"})
            elif image.state == "failed":
                text("p", image.error, "fault", {"role": "alert"})
            else:
                text("p", "Waiting to be analyzed", "lead")

    def _facts(self, image: JobImage, view: PictureView, url: str) -> None:
        text("h1", image.name, "picture-name")
        if view.names_cells and view.cells:
            _counts(view)
        if view.counts is not None:
            _field(view.counts)
        for warning in view.warnings:
            text("p", warning, "note warning")
        if view.classification is not None:
            with box("section", "whole", {"aria-label": "Whole field"}):
                text("h2", f"This field {view.classification_note}".rstrip(".") + ".", "whole-title")
                said_block(view.classification)
                if view.classification.heat:
                    box("img", "whole-heat", {"src": f"{url}/heat.jpg", "alt": "Heat map of the whole field"})
        elif view.classification_note:
            text("p", view.classification_note, "note")
        if view.names_cells and not view.names_blasts:
            text("p", NO_BLASTS_HERE, "note limits")

    def _choose(self, cell_id: int | None) -> None:
        """Open one cell in detail, or close it."""
        if self._view is None:
            return
        previous, self._cell = self._cell, cell_id
        self._picture.choose(cell_id)
        self._list.choose(cell_id)
        self._detail.clear()
        self._detail.visible = cell_id is not None
        if cell_id is None:
            if previous is not None:
                self._picture.focus(previous)
            return
        self._picture.focus(cell_id)
        cell = next(one for one in self._view.cells if one.id == cell_id)
        with self._detail:
            with box("div", "detail-head"):
                text("h2", f"{cell.id}  {cell.title}", "detail-title").style(f"--color: {cell.color}")
                for sign, step, label in (("\N{LEFTWARDS ARROW}", -1, "Previous"), ("\N{RIGHTWARDS ARROW}", 1, "Next")):
                    button = text("button", sign, "tool", {"type": "button", "aria-label": f"{label} cell"})
                    button.on("click", lambda step=step: self._step(step))
                close = text("button", "\N{MULTIPLICATION SIGN}", "tool", {"type": "button", "aria-label": "Close"})
                close.on("click", lambda: self._choose(None))
            cell_detail(cell, f"{self._url}/{self._number}", asked=self._view.names_cells)

    def _step(self, step: int) -> None:
        """Go on in the order of review."""
        if self._view is None or not self._view.cells:
            return
        order = [cell.id for cell in self._view.cells]
        place = order.index(self._cell) + step if self._cell is not None else 0
        self._choose(order[min(max(place, 0), len(order) - 1)])

    async def _key(self, event: KeyEventArguments) -> None:
        if not event.action.keydown or event.modifiers.ctrl or event.modifiers.alt or event.modifiers.meta:
            return
        name = str(event.key.name)
        if name in _STEPS:
            self._step(_STEPS[name])
        elif name == "Escape" and self._cell is not None:
            self._choose(None)
        elif name in _ZOOMS and self._view is not None:
            self._picture.zoom_by(_ZOOMS[name])
        elif name == "o" and self._view is not None:
            self._picture.toggle_outlines()
        elif name in ("n", "p"):
            number = self._number + (1 if name == "n" else -1)
            if 1 <= number <= len(self._job.images):
                await self._show_chosen(number)


def _counts(view: PictureView) -> None:
    """How many cells of each class; shares with their limits are in the report."""
    with box("ul", "counts", {"aria-label": "Cells by class"}):
        for (title, color), count in Counter((cell.title, cell.color) for cell in view.cells).most_common():
            with box("li"):
                text("b", str(count)).style(f"--color: {color}")
                text("span", title)


def _field(counts: CountsView) -> None:
    """Cells of the field by kind, and what limits the counts."""
    told = ", ".join(f"{row.title.lower()} {row.count}" for row in counts.rows)
    ratio = f" ({counts.ratio})" if counts.ratio else ""
    text("p", f"In this field: {told}{ratio}. {' '.join(counts.limits)}", "note field-counts")


def _models(view: PictureView) -> None:
    """Which models were asked, with their limits one click away."""
    for model in view.models:
        with box("details", "model-asked"):
            text("summary", f"{model.title} ({model.name} {model.version}): its limits")
            with box("ul"):
                for limit in model.limits:
                    text("li", limit)

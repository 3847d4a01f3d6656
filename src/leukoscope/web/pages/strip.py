"""The pictures of an analysis, each with how far it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from leukoscope.service.job_values import Job, JobImage
from leukoscope.web.pages.elements import box, text

_STATES = {"waiting": "waiting", "done": "", "failed": "could not be read"}


class Strip:
    """One button a picture.

    Args:
        job: The analysis.
        url: Address of the job's pictures.
        on_choose: Called with the number of the picture that was clicked.
    """

    def __init__(self, job: Job, url: str, on_choose: Callable[[int], Awaitable[None]]) -> None:
        self._url = url
        self._states: dict[int, str] = {}
        self._items: dict[int, tuple[ui.element, ui.element, TextElement]] = {}
        self._chosen: int | None = None
        with box("nav", "strip", {"aria-label": "Pictures"}):
            for image in job.images:
                self._item(image, on_choose)
        self.update(job)

    def update(self, job: Job) -> None:
        """Show what has changed."""
        for image in job.images:
            if self._states.get(image.number) == image.state:
                continue
            self._states[image.number] = image.state
            item, thumb, state = self._items[image.number]
            item.classes(add=image.state, remove="waiting")
            state.text = image.note or _STATES[image.state]
            if image.state == "done":
                thumb.props["src"] = f"{self._url}/{image.number}/thumb.jpg"

    def choose(self, number: int) -> None:
        """Mark a picture and bring it into sight."""
        if self._chosen is not None:
            self._items[self._chosen][0].classes(remove="chosen").props.pop("aria-current", None)
        self._chosen = number
        item = self._items[number][0].classes(add="chosen")
        item.props["aria-current"] = "true"
        ui.run_javascript(f"getHtmlElement({item.id})?.scrollIntoView({{block: 'nearest', inline: 'nearest'}});")

    def _item(self, image: JobImage, on_choose: Callable[[int], Awaitable[None]]) -> None:
        with box("button", "strip-item waiting", {"type": "button", "title": image.name}) as item:
            with box("span", "thumb"):
                thumb = box("img", attributes={"alt": "", "loading": "lazy"})
            with box("span", "strip-text"):
                text("span", image.name, "strip-name")
                state = text("span", "", "strip-state")
        item.on("click", lambda: on_choose(image.number))
        self._items[image.number] = (item, thumb, state)

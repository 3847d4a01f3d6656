"""What the head of an analysis offers: progress, then the report and the data, and removal."""

from __future__ import annotations

from contextlib import suppress

from fastapi.concurrency import run_in_threadpool
from nicegui import ui

from leukoscope.errors import NotFoundError
from leukoscope.reporting.wording import plural
from leukoscope.service.job_values import Job
from leukoscope.service.jobs import JobService
from leukoscope.web.pages.elements import box, text


class HeadTools:
    """Progress and downloads of one analysis.

    Args:
        service: The use cases.
        job: The analysis.
    """

    def __init__(self, service: JobService, job: Job) -> None:
        self._service, self._id = service, job.id
        home = f"/api/v1/analyses/{job.id}"
        with box("div", "progress", {"role": "status", "aria-live": "polite"}):
            self._words = text("span", "")
            self._bar = box(
                "progress", attributes={"max": str(len(job.images)), "value": "0", "aria-label": "Progress"}
            )
        with box("nav", "downloads", {"aria-label": "This analysis"}):
            with box("span", "files") as self._files:
                text("a", "Report", "button primary", {"href": f"{home}/report.html", "target": "_blank"})
                text("a", "JSON", "button", {"href": f"{home}/result.json", "download": ""})
                text("a", "CSV", "button", {"href": f"{home}/cells.csv", "download": ""})
            remove = text("button", "Delete", "button", {"type": "button"})
            text("a", "New analysis", "button", {"href": "/"})
        self._dialog = self._ask(job)
        remove.on("click", self._dialog.open)
        self.update(job)

    def update(self, job: Job) -> None:
        """Show how far the analysis is."""
        total, done, failed = len(job.images), job.images_finished, job.images_failed
        self._bar.props["value"] = str(done)
        self._bar.visible = not job.finished
        self._files.visible = job.state == "done"
        if job.state == "failed":
            words = job.error
        elif job.finished:
            words = plural(total, "picture")
        else:
            words = f"{done} of {plural(total, 'picture')}"
        self._words.text = words + (f", {failed} could not be read" if failed else "")
        if job.state == "failed":
            self._words.classes("fault")

    def _ask(self, job: Job) -> ui.dialog:
        with ui.dialog() as dialog, box("div", "ask"):
            text("h2", "Delete this analysis?", "ask-title")
            text("p", f"{plural(len(job.images), 'picture')} and all findings are removed from the server at once.")
            with box("div", "ask-buttons"):
                text("button", "Keep", "button", {"type": "button"}).on("click", dialog.close)
                text("button", "Delete", "button danger", {"type": "button"}).on("click", self._remove)
        return dialog

    async def _remove(self) -> None:
        with suppress(NotFoundError):  # gone already, which is what was asked for
            await run_in_threadpool(self._service.delete, self._id)
        ui.navigate.to("/")

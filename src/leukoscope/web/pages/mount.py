"""Puts the pages on an app."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui

from leukoscope.service.jobs import JobService
from leukoscope.web.pages.desk import desk_page
from leukoscope.web.pages.frame import message_page
from leukoscope.web.pages.start import start_page

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="15" fill="#d9cfe6"/>'
    '<path d="M10 9c5-3 12-1 13 5s-3 10-8 10-9-3-9-8c0-3 2-6 4-7z" fill="#5b3f86"/></svg>'
)
RECONNECT_S = 60.0
"""A laptop that slept for a moment, or a phone in a pocket, finds its page as it left it."""


def mount_pages(app: FastAPI, service: JobService) -> None:
    """Add the pages to an app; once per process."""
    nicegui_app.add_static_files("/static/leukoscope", Path(__file__).parent / "static")

    @ui.page("/", title="leukoscope")
    def _start() -> None:
        start_page(service)

    @ui.page("/analyses/{job_id}", title="Analysis - leukoscope", response_timeout=10)
    async def _desk(job_id: str) -> None:
        await desk_page(service, job_id)

    nicegui_app.on_page_exception(_broken)
    ui.run_with(
        app,
        root=_nowhere,  # answers every address that is not taken
        title="leukoscope",
        favicon=ICON,
        language="en-US",
        tailwind=False,
        reconnect_timeout=RECONNECT_S,
        show_welcome_message=False,
    )


def _nowhere() -> None:
    message_page(404, "There is no such page.", "Check the address, or start over.")


def _broken() -> None:
    message_page(500, "Something went wrong in leukoscope itself.", "Please report it; the server's log tells more.")

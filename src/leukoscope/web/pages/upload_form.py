"""The form that takes pictures: which model, and a place to drop them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from nicegui.element import Element

from leukoscope.service.uploads import UploadLimits


@dataclass(frozen=True, slots=True)
class Choice:
    """One model to choose; `lines` say what it names and how good it was, `limits` where it ends."""

    name: str
    title: str
    lines: tuple[str, ...]
    limits: tuple[str, ...] = ()


class UploadForm(Element, component="upload_form.js"):
    """Sends pictures to the REST API and goes on to the page of the analysis; works by mouse, touch and keyboard.

    Args:
        choices: The models, the preferred one first.
        limits: Checked before anything is sent; the server checks them again.
    """

    def __init__(self, choices: Sequence[Choice], limits: UploadLimits) -> None:
        super().__init__()
        self.props["choices"] = [asdict(choice) for choice in choices]
        self.props["max-files"] = limits.files
        self.props["max-file-bytes"] = limits.file_bytes
        self.props["max-request-bytes"] = limits.request_bytes

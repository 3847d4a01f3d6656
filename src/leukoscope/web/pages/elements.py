"""Plain HTML elements with text that is never markup and attributes that are never parsed."""

from __future__ import annotations

from collections.abc import Mapping

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement


def box(tag: str, classes: str = "", attributes: Mapping[str, str] | None = None) -> ui.element:
    """An element to put others into."""
    element = ui.element(tag).classes(classes)
    # Set one by one: `.props("name=value")` would parse the value, and values may come from users.
    for name, value in (attributes or {}).items():
        element.props[name] = value
    return element


def text(tag: str, content: str, classes: str = "", attributes: Mapping[str, str] | None = None) -> TextElement:
    """An element with text; the text is shown as it is, whatever it holds."""
    element = TextElement(tag=tag, text=content).classes(classes)
    for name, value in (attributes or {}).items():
        element.props[name] = value
    return element

"""The few pages that are plain HTML; everything put into them is escaped."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader


def page(name: str, **values: object) -> str:
    """A page with its values filled in, escaped."""
    return _environment().get_template(name).render(values)


@cache
def _environment() -> Environment:
    return Environment(autoescape=True, loader=FunctionLoader(_text))


def _text(name: str) -> str:
    return (files("leukoscope.web.templates") / name).read_text(encoding="utf-8")

"""Which commands are there, and where does each live?  A command is loaded when it is asked for, the others are not."""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

COMMANDS = {
    "analyze": "leukoscope.cli.analyze:analyze",
    "measure": "leukoscope.cli.measure:measure",
    "serve": "leukoscope.cli.serve:serve",
    "demo": "leukoscope.cli.demo:demo",
    "train": "leukoscope.cli.train:train",
    "evaluate": "leukoscope.cli.evaluate:evaluate",
    "compare": "leukoscope.cli.compare:compare",
    "leakage": "leukoscope.cli.leakage:leakage",
    "benchmark": "leukoscope.cli.benchmark:benchmark",
    "data": "leukoscope.cli.data:data_app",
    "model": "leukoscope.cli.model:model_app",
}
"""Module and function (or group of commands) by the word that is typed, in the order in which help lists them."""


class CommandTable(UserDict[str, Any]):
    """The commands by name; each is imported and prepared when it is first looked up."""

    def __getitem__(self, name: str) -> Any:
        if isinstance(place := self.data[name], str):
            self.data[name] = _load(name, place)
        return self.data[name]


class CommandGroup(TyperGroup):
    """The top of the command line.

    Preparing every command would take 50 ms of each start; somebody who analyzes a picture needs one of them.
    """

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = CommandTable(COMMANDS)


def _load(name: str, place: str) -> Any:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        group = get_group(found)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name)(found)
    return get_command(alone)

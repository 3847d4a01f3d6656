"""`leukoscope data`: import, check, split, describe, augment, export."""

from __future__ import annotations

import typer

from leukoscope.cli.data.augment import augment
from leukoscope.cli.data.check import check
from leukoscope.cli.data.describe import describe
from leukoscope.cli.data.export import export
from leukoscope.cli.data.import_set import import_set
from leukoscope.cli.data.split import split

data_app = typer.Typer(
    help="Data sets: import, check, split, describe, augment, export.", no_args_is_help=True, rich_markup_mode=None
)


@data_app.callback()
def _group() -> None:
    """Keep `data` a group of commands, however many there are."""


data_app.command("check")(check)
data_app.command("import")(import_set)
data_app.command("describe")(describe)
data_app.command("split")(split)
data_app.command("augment")(augment)
data_app.command("export")(export)

"""The `leukoscope` command: registers the command groups; each imports what it needs when it runs."""

from __future__ import annotations

import json
import sys

import typer

from leukoscope.cli.commands import CommandGroup
from leukoscope.cli.exit_codes import ExitCode, exit_code_of
from leukoscope.errors import LeukoscopeError

app = typer.Typer(
    name="leukoscope",
    cls=CommandGroup,
    help="Reads microscope images of blood smears and reports what matters for leukemia. Research use only.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback(invoke_without_command=True)
def _root(*, version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    if version:
        from leukoscope import __version__

        print(f"leukoscope {__version__}")
        raise typer.Exit


def run() -> None:
    """Run the command line; an error becomes one sentence on stderr and its exit code.

    With `--json` a program finds the error as a document on stdout, too.
    """
    try:
        app()
    except LeukoscopeError as fault:
        if "--json" in sys.argv:
            print(json.dumps({"schema": "leukoscope.error/1", "error": fault.message, "hint": fault.hint}, indent=2))
        print(f"leukoscope: {fault}", file=sys.stderr)
        sys.exit(exit_code_of(fault))
    except OSError as fault:
        where = f" ({fault.filename})" if fault.filename else ""
        print(f"leukoscope: {fault.strerror or fault}{where}. Choose a place that can be written.", file=sys.stderr)
        sys.exit(ExitCode.NOTHING_DONE)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)

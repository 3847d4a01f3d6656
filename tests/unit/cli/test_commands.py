import subprocess
import sys

import pytest
from typer.testing import CliRunner

from leukoscope.cli.commands import COMMANDS, CommandTable
from leukoscope.cli.main import app


def test_starting_loads_the_command_that_was_typed_and_no_other():
    program = (
        "import sys; from typer.testing import CliRunner; from leukoscope.cli.main import app; "
        "CliRunner().invoke(app, ['analyze', '--help']); print(*(name for name in sys.modules if '.cli.' in name))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    commands = {place.partition(":")[0] for place in COMMANDS.values()}
    assert commands & set(loaded) == {"leukoscope.cli.analyze"}


def test_help_lists_every_command_with_its_first_line():
    told = CliRunner().invoke(app, ["--help"]).output

    listed = [line.split()[0] for line in told.partition("Commands:")[2].splitlines() if line.startswith("  ")]
    assert listed == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_loaded_and_tells_its_name(name):
    command = CommandTable(COMMANDS)[name]

    assert command.name == name
    assert command.get_short_help_str()


def test_a_misspelled_command_is_answered_with_the_nearest():
    told = CliRunner().invoke(app, ["analize"])

    assert told.exit_code == 2
    assert "'analyze'" in told.output

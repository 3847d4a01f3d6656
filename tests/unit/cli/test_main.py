import json
import sys

import pytest

from leukoscope import __version__
from leukoscope.cli import main
from leukoscope.cli.exit_codes import ExitCode


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["leukoscope", *arguments])
    with pytest.raises(SystemExit) as stop:
        main.run()
    return stop.value.code


def test_the_version_is_printed(monkeypatch, capsys):
    assert run(monkeypatch, "--version") in (0, None)
    assert __version__ in capsys.readouterr().out


def test_an_error_becomes_one_sentence_and_its_exit_code(monkeypatch, capsys):
    assert run(monkeypatch, "model", "show", "no-such-model") == ExitCode.WRONG_USAGE
    error = capsys.readouterr().err
    assert error.startswith("leukoscope: There is no model 'no-such-model'.")
    assert error.count("\n") == 1


def test_an_error_is_told_to_programs_as_a_document(monkeypatch, capsys):
    assert run(monkeypatch, "model", "show", "no-such-model", "--json") == ExitCode.WRONG_USAGE
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "leukoscope.error/1"
    assert told["error"] == "There is no model 'no-such-model'."
    assert "Known models" in told["hint"]


def test_ctrl_c_outside_a_batch_has_the_shells_exit_code(monkeypatch):
    def stopped():
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "app", stopped)
    assert run(monkeypatch) == ExitCode.INTERRUPTED


def test_a_place_that_cannot_be_written_is_said_and_nothing_counts_as_done(monkeypatch, capsys):
    def full():
        raise OSError(28, "No space left on device", "out/report.html")

    monkeypatch.setattr(main, "app", full)
    assert run(monkeypatch) == ExitCode.NOTHING_DONE
    assert "No space left on device (out/report.html)" in capsys.readouterr().err

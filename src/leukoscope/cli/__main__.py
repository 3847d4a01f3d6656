"""`python -m leukoscope.cli`: the same command, for an interpreter chosen by hand."""

from leukoscope.cli.main import run

run()

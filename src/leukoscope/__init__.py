"""leukoscope reads blood-smear images and reports what matters for leukemia. Research use only."""

from importlib.metadata import version

__version__ = version("leukoscope")

"""How fast, and in how much memory, does the product run on this machine?  Every budget, measured."""

from leukoscope.experiments.benchmark.figures import Figure
from leukoscope.experiments.benchmark.whole_process import cold_figures, memory_figures, page_figures
from leukoscope.experiments.benchmark.within_process import warm_figures

__all__ = ["Figure", "cold_figures", "memory_figures", "page_figures", "warm_figures"]

"""WHAT DOES A CELL MEASURE?  Size, nucleus, contour, color, texture, granules and chromatin, one module per question.

Every measurement stands in `registry.MEASUREMENTS` with its unit, formula and source; docs/reference/measurements.md is
made from there. What is not defined for a cell (the color of a cytoplasm that is not there) is left out, never made up.
"""

from leukoscope.imaging.measurements.definition import Measurement, Topic
from leukoscope.imaging.measurements.registry import MEASUREMENTS, measure_cell, measurement_names

__all__ = ["MEASUREMENTS", "Measurement", "Topic", "measure_cell", "measurement_names"]

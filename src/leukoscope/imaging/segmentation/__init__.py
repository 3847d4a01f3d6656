"""WHERE ARE THE CELLS?  Nuclei by their stain, the cell around each, and whether this is a field or a single cell."""

from leukoscope.imaging.segmentation.finder import find_and_survey, find_cells
from leukoscope.imaging.segmentation.values import Segmentation, SegmentedCell

__all__ = ["Segmentation", "SegmentedCell", "find_and_survey", "find_cells"]

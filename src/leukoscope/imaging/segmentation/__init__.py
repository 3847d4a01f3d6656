"""WHERE ARE THE CELLS?  Nuclei by their stain, the cell around each, and whether this is a field or a single cell."""

from leukoscope.imaging.segmentation.finder import find_cells
from leukoscope.imaging.segmentation.values import SegmentedCell, Segmentation

__all__ = ["SegmentedCell", "Segmentation", "find_cells"]

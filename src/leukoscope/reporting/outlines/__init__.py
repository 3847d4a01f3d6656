"""WHERE DO OTHER PROGRAMS READ THE OUTLINES?  As GeoJSON for QuPath, as COCO, and as pictures of numbers."""

from leukoscope.reporting.outlines.writing import FORMATS, OutlineFormat, OutlineWriter

__all__ = ["FORMATS", "OutlineFormat", "OutlineWriter"]

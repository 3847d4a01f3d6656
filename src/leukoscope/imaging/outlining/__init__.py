"""WHERE DO NUCLEUS AND CELL END?  Classical ways to outline the cell of a box, by name, with one call for all."""

from leukoscope.imaging.outlining.values import Outliner
from leukoscope.imaging.outlining.ways import WAYS, outliner

__all__ = ["WAYS", "Outliner", "outliner"]

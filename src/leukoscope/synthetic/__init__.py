"""WHAT WOULD A SMEAR LOOK LIKE?  Seeded smears with known cells, masks and labels.

Everything here is drawn; nothing is copied from a photograph, and nothing shows accuracy on real cells.
"""

from leukoscope.synthetic.field import draw_cell, draw_field
from leukoscope.synthetic.kinds import DIFFERENTIAL, KINDS
from leukoscope.synthetic.style import BLUISH, CREAM, GRAY, PINK, STYLES, SmearStyle, StainStyle
from leukoscope.synthetic.truth import SyntheticCell, SyntheticCellImage, SyntheticField

__all__ = [
    "BLUISH",
    "CREAM",
    "DIFFERENTIAL",
    "GRAY",
    "KINDS",
    "PINK",
    "STYLES",
    "SmearStyle",
    "StainStyle",
    "SyntheticCell",
    "SyntheticCellImage",
    "SyntheticField",
    "draw_cell",
    "draw_field",
]

"""How a cell is shown to whoever is to name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Background = Literal["kept", "black"]


@dataclass(frozen=True, slots=True)
class CellView:
    """How a network is shown one cell of a picture.

    Attributes:
        width: Width of what it is shown, in pixels.
        height: Height, in pixels.
        margin: Side of the square window over the longer side of the cell's box, at least 1.
        background: What surrounds the cell: the picture, or pure black from the cell's outline on.
    """

    width: int
    height: int
    margin: float
    background: Background = "kept"

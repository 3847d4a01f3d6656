"""What a model can name: classes and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CellGroup = Literal["leukocyte", "immature", "erythroblast", "blast", "field", "red-cell", "platelet"]
"""How a class counts: `immature` and `blast` are leukocytes that come first in a review; `erythroblast` is counted
per 100 leukocytes and outside their percentages; `field` is a class of whole pictures; `red-cell` and `platelet` are
what a detector counts besides."""


@dataclass(frozen=True, slots=True)
class Label:
    """One class of a model.

    Attributes:
        name: Stable key, lower case, as in result.json.
        title: What people read.
        meaning: One sentence for someone who does not know the term.
        group: How cells of this class are counted.
        only_resembles: Cells are said to resemble the class, never counted as it: no held-out figure exists for cells
            as an analysis shows them to the model.
    """

    name: str
    title: str
    meaning: str
    group: CellGroup
    only_resembles: bool = False

    @property
    def told(self) -> str:
        """What is said of a cell that was given this class.

        Example:
            >>> Label("blast", "Blast", "", "blast", only_resembles=True).told
            'Resembles Blast'
        """
        return f"Resembles {self.title}" if self.only_resembles else self.title


UNCERTAIN = "uncertain"
"""Row of a differential for cells the model would not name."""

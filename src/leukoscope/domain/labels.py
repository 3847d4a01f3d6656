"""What a model can name: classes and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CellGroup = Literal["leukocyte", "immature", "erythroblast", "blast", "field"]
"""How a class counts: `immature` and `blast` are leukocytes that come first in a review; `erythroblast` is counted
per 100 leukocytes and outside their percentages; `field` is a class of whole pictures."""


@dataclass(frozen=True, slots=True)
class Label:
    """One class of a model.

    Attributes:
        name: Stable key, lower case, as in result.json.
        title: What people read.
        meaning: One sentence for someone who does not know the term.
        group: How cells of this class are counted.
    """

    name: str
    title: str
    meaning: str
    group: CellGroup


UNCERTAIN = "uncertain"
"""Row of a differential for cells the model would not name."""

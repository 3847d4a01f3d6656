"""How many objects are marked, and how large are they?"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from leukoscope.data.description.spreads import spread_of
from leukoscope.data.description.values import Boxes, Count

if TYPE_CHECKING:
    import pandas as pd

MOST_READ = 100_000
"""Pictures whose boxes are read at most; the first of an even stride through the table."""


def count_boxes(column: pd.Series) -> Boxes | None:
    """Count the boxes of a manifest's column `boxes`; None where no picture was annotated."""
    annotated = column[column.notna()]
    if not len(annotated):
        return None
    read = annotated.iloc[:: -(-len(annotated) // MOST_READ)]
    sides: defaultdict[str, list[float]] = defaultdict(list)
    places: defaultdict[str, list[int]] = defaultdict(list)
    empty = 0
    for place, text in enumerate(read):
        listed = json.loads(str(text))
        empty += not listed
        for x0, y0, x1, y1, label, *_ in listed:
            sides[label].append(((x1 - x0) * (y1 - y0)) ** 0.5)
            places[label].append(place)
    labels = sorted(sides)
    return Boxes(
        pictures=len(read),
        annotated=len(annotated),
        empty=empty,
        per_label=tuple(Count(label, len(sides[label])) for label in labels),
        per_picture=tuple(
            (label, spread_of(np.bincount(places[label], minlength=len(read)).astype(np.float64))) for label in labels
        ),
        sides=tuple((label, spread_of(sides[label])) for label in labels),
    )

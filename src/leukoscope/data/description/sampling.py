"""Which pictures are read where a set is too large to read them all?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FLOOR = 30
"""Pictures that even the rarest class keeps, if it has them."""


def sample_rows(classes: Sequence[str], most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Rows of a sample that keeps the shares of the classes, but at least a few pictures of each.

    Args:
        classes: Class of each row.
        most: Size of the sample, at least 1; the floor of rare classes may exceed it a little.
        rng: Source of random numbers.

    Returns:
        Row numbers, ascending; all rows where there are no more than `most`.

    Example:
        >>> sample_rows(["a"] * 100, 3, np.random.default_rng(0)).shape
        (3,)
    """
    if len(classes) <= most:
        return np.arange(len(classes), dtype=np.int64)
    names, places = np.unique(np.asarray(classes, dtype=np.str_), return_inverse=True)
    floor = max(1, min(FLOOR, most // len(names)))
    chosen = []
    for number in range(len(names)):
        rows = np.flatnonzero(places == number)
        wanted = max(round(most * len(rows) / len(classes)), min(floor, len(rows)))
        chosen.append(rng.choice(rows, wanted, replace=False))
    return np.sort(np.concatenate(chosen)).astype(np.int64)

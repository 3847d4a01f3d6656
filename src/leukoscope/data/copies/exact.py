"""Which values of a column are equal?  For hashes of files or pixels, whose pictures need not be at hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


def equal_values(values: Iterable[str | None]) -> tuple[tuple[int, ...], ...]:
    """Groups of positions that hold the same value; empty and missing values are equal to nothing.

    Args:
        values: Hashes; a million take about a second.

    Example:
        >>> equal_values(["aa", "bb", "", "aa", None, ""])
        ((0, 3),)
    """
    first: dict[str, int] = {}
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for position, value in enumerate(values):
        if not value:
            continue
        start = first.setdefault(value, position)
        if start != position:
            groups[start].append(position)
    return tuple((start, *others) for start, others in sorted(groups.items()))

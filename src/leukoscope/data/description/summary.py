"""What do the numbers of many pictures say of their classes and sources?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.description.picture_numbers import NUMBERS
from leukoscope.data.description.spreads import Spread, share_between, spread_of
from leukoscope.data.description.values import UNLABELED, Count, Seen, Separation, Unreadable

MOST_SIZES = 30
"""Sizes that are listed; the rest is counted together."""
MOST_UNREADABLE = 100

Spreads = tuple[tuple[str, tuple[tuple[str, Spread], ...]], ...]


def summarize(
    table: NDArray[np.float64],
    labels: Sequence[str],
    sources: Sequence[str],
    sizes: Iterable[tuple[int, int]],
    unreadable: Sequence[Unreadable],
) -> Seen:
    """Spreads of every number in each class and source, and what tells these apart.

    Args:
        table: Shape (pictures, numbers), as `measure_picture` gives them.
        labels: Class of each picture.
        sources: Source of each picture; all the same where nobody said.
        sizes: Width and height of each picture.
        unreadable: Pictures that are missing in the table.
    """
    several = len(set(sources)) > 1
    return Seen(
        asked=len(table) + len(unreadable),
        measured=len(table),
        unreadable=tuple(unreadable[:MOST_UNREADABLE]),
        sizes=_sizes(sizes),
        per_class=_spreads(table, labels),
        per_source=_spreads(table, sources) if several else (),
        separation=_separation(table, labels, sources),
    )


def _sizes(sizes: Iterable[tuple[int, int]]) -> tuple[Count, ...]:
    counted = Counter(f"{width} \N{MULTIPLICATION SIGN} {height}" for width, height in sizes)
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = sum(count for _, count in ordered[MOST_SIZES:])
    others = (Count(f"{len(ordered) - MOST_SIZES} other sizes", rest),) if rest else ()
    return tuple(Count(*pair) for pair in ordered[:MOST_SIZES]) + others


def _spreads(table: NDArray[np.float64], groups: Sequence[str]) -> Spreads:
    names = sorted(set(groups))
    inside = {name: np.array([group == name for group in groups]) for name in names}
    return tuple(
        (note.name, tuple((name, spread_of(table[inside[name], place])) for name in names))
        for place, note in enumerate(NUMBERS)
        if len(table)
    )


def _separation(table: NDArray[np.float64], labels: Sequence[str], sources: Sequence[str]) -> tuple[Separation, ...]:
    known = np.array([label != UNLABELED for label in labels], dtype=bool)
    classes = [label for label in labels if label != UNLABELED]
    found = [
        Separation(note.name, share_between(table[known, place], classes), share_between(table[:, place], sources))
        for place, note in enumerate(NUMBERS)
    ]
    told = [one for one in found if one.between_classes is not None or one.between_sources is not None]
    return tuple(sorted(told, key=lambda one: -max(one.between_classes or 0.0, one.between_sources or 0.0)))

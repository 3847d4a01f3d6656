"""How is a set divided without fooling ourselves?  Whole runs of neighboring file numbers go to one part.

Neighbors in number are often one patient or one field. What shows the same thing far away in number is left out of the
part that needs it less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leukoscope.data.manifest import PARTS, Part
from leukoscope.data.splits.recipe import Shares
from leukoscope.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Picture:
    """What a split needs to know of a picture.

    Attributes:
        name: Path below the folder of the set.
        label: Class.
        series: Pictures whose numbers count together: a class, or a sub-prefix of a class.
        number: File number within the series.
    """

    name: str
    label: str
    series: str
    number: int


@dataclass(frozen=True, slots=True)
class Division:
    """A divided set, in the order of its pictures: the block of each, and its part (None: left out); and its seed."""

    blocks: tuple[str, ...]
    parts: tuple[Part | None, ...]
    seed: int


def number_blocks(pictures: Sequence[Picture], size: int) -> tuple[str, ...]:
    """The block of each picture: within its series, runs of about `size` neighboring numbers.

    Args:
        pictures: The pictures, in any order.
        size: Pictures per block, at least 1; the blocks of a series differ by at most one picture.

    Returns:
        A name such as ``pro-03`` per picture, in the order given.

    Example:
        >>> number_blocks([Picture(f"{n}.jpg", "a", "a", n) for n in (1, 9, 2, 8)], 2)
        ('a-00', 'a-01', 'a-00', 'a-01')
    """
    if size < 1:
        raise InvalidValueError(f"A block needs at least one picture, got {size}.")
    names = [""] * len(pictures)
    for series in sorted({picture.series for picture in pictures}):
        members = sorted(
            (i for i, picture in enumerate(pictures) if picture.series == series),
            key=lambda i: (pictures[i].number, pictures[i].name),
        )
        runs = np.array_split(np.array(members), max(1, round(len(members) / size)))
        for block, run in enumerate(runs):
            for index in run:
                names[int(index)] = f"{series}-{block:02d}"
    return tuple(names)


def divide(
    pictures: Sequence[Picture],
    pairs: Sequence[tuple[int, int]],
    *,
    block_size: int,
    shares: Shares,
    seeds: range,
) -> Division:
    """Give blocks of neighboring numbers to parts, and leave out what shows the same thing in two parts.

    Every seed orders the blocks differently; the first with the fewest pictures left out is kept. Of a pair that lies
    in two parts the picture on the side of training is left out, so that the held-out parts stay whole.

    Args:
        pictures: The pictures.
        pairs: Pictures (by position) that show the same thing.
        block_size: Pictures per block.
        shares: Size of the parts.
        seeds: Seeds to try, at least one.
    """
    blocks = number_blocks(pictures, block_size)
    labels = [picture.label for picture in pictures]
    tried = ((seed, _without_crossings(assign_parts(labels, blocks, shares, seed), pairs)) for seed in seeds)
    seed, best = min(tried, key=lambda one: one[1].count(None))
    return Division(blocks, best, seed)


def _without_crossings(parts: Sequence[Part], pairs: Sequence[tuple[int, int]]) -> tuple[Part | None, ...]:
    kept: list[Part | None] = list(parts)
    for first, second in pairs:
        one, other = kept[first], kept[second]
        if one is not None and other is not None and one != other:
            kept[first if PARTS.index(one) < PARTS.index(other) else second] = None
    return tuple(kept)


def assign_parts(labels: Sequence[str], groups: Sequence[str], shares: Shares, seed: int) -> tuple[Part, ...]:
    """Give whole groups to parts so that every class comes close to its shares.

    Groups come in seeded random order, but those larger than a tenth of their class first; each goes where the classes
    it holds lack most, measured against the share wanted.

    Args:
        labels: Class of each picture.
        groups: Group of each picture.
        shares: Size of the parts.
        seed: Seed of the order.
    """
    names = sorted(set(labels))
    members = {group: np.zeros(len(names)) for group in groups}
    for label, group in zip(labels, groups, strict=True):
        members[group][names.index(label)] += 1
    total = np.sum(list(members.values()), axis=0)
    wanted = {"train": 1 - shares.validation - shares.test, "validation": shares.validation, "test": shares.test}
    lacking: dict[Part, np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = {
        "train": wanted["train"] * total,
        "validation": wanted["validation"] * total,
        "test": wanted["test"] * total,
    }
    order = np.random.default_rng(seed).permutation(sorted(members))
    parts: dict[str, Part] = {}
    for group in sorted(order, key=lambda name: -int(10 * (members[str(name)] / total).max())):
        held = members[str(group)]
        best = max(lacking, key=lambda part: float(((lacking[part] / (wanted[part] * total)) * held).sum()))
        parts[str(group)] = best
        lacking[best] = lacking[best] - held
    return tuple(parts[group] for group in groups)

"""Which group goes to which part?  Whole groups are dealt out so that every class comes close to its shares.

scikit-learn's StratifiedGroupKFold makes equal folds and is used for them; it cannot make parts of unequal size.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
_LARGE = 0.1
"""Share of its class from which a group is dealt out before the small ones."""
_DEALS = 100_000
"""Groups dealt out in all: few groups are dealt again and again, and the best deal is kept."""
_MOST_TRIES = 100
_GROUP_WEIGHT = 0.25
"""How much the shares of groups count beside the shares of pictures: limits by patient need patients in every part."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What is dealt out.

    Attributes:
        stratum: Class of each picture, from 0, shape (pictures,).
        group: Group of each picture, from 0, shape (pictures,).
        names: Name of each group; with the seed it decides the order.
    """

    stratum: Integers
    group: Integers
    names: Sequence[str]


def deal_parts(table: Table, shares: Sequence[float], seed: int) -> Integers:
    """Give every group to a part.

    Groups come in the order of a hash of seed and name, large ones first; each goes where the classes it holds lack
    most, but not to a part that it would overfill by itself if it fits elsewhere. Groups of one picture come last and
    fill what lacks. Of several such deals the one nearest to the shares is kept.

    Args:
        table: What to deal out.
        shares: Share of each part, above 0, summing to 1.
        seed: Seed of the order.

    Returns:
        The part of each group, shape (groups,).
    """
    sizes = np.bincount(table.group, minlength=len(table.names))
    counts = _counts(table, sizes > 1)
    total = np.bincount(table.stratum).astype(np.float64)
    wanted = np.outer(shares, total)
    tries = int(np.clip(_DEALS // max(len(counts), 1), 1, _MOST_TRIES))
    several = [name for name, size in zip(table.names, sizes, strict=True) if size > 1]
    deals = (_deal(counts, wanted, _order(several, f"{seed}/{attempt}")) for attempt in range(tries))
    best = min(deals, key=lambda deal: _miss(deal, counts, wanted)) if counts else []
    parts = np.zeros(len(table.names), dtype=np.int64)
    parts[sizes > 1] = best
    _deal_singles(table, parts, sizes, wanted, seed)
    return parts


def deal_folds(table: Table, folds: int, seed: int) -> Integers:
    """Give every group to one of `folds` equal folds; the fold of each group, shape (groups,)."""
    if len(table.names) > _DEALS // folds or np.bincount(table.stratum).max() < folds:
        # The library takes minutes for so many groups, and refuses classes that are all smaller than that.
        return deal_parts(table, [1 / folds] * folds, seed)
    from sklearn.model_selection import StratifiedGroupKFold

    divider = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    found = np.zeros(len(table.names), dtype=np.int64)
    nothing = np.zeros(len(table.stratum))
    with warnings.catch_warnings():
        # Of classes that are missing in a fold the summary tells, with their names.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        for fold, (_, held) in enumerate(divider.split(nothing, table.stratum, table.group)):
            found[table.group[held]] = fold
    return found


def _counts(table: Table, chosen: NDArray[np.bool_]) -> list[tuple[tuple[int, int], ...]]:
    """For each chosen group its (class, pictures)."""
    place = np.cumsum(chosen) - 1
    here = chosen[table.group]
    classes = int(table.stratum.max(initial=0)) + 1
    cells, n = np.unique(place[table.group[here]] * classes + table.stratum[here], return_counts=True)
    counts: list[list[tuple[int, int]]] = [[] for _ in range(int(chosen.sum()))]
    for cell, held in zip(cells.tolist(), n.tolist(), strict=True):
        counts[cell // classes].append((cell % classes, held))
    return [tuple(held) for held in counts]


def _order(names: Iterable[str], seed: str) -> list[bytes]:
    # A hash, because a library may change the stream of its random numbers, and the split must stay.
    return [hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest() for name in names]


def _deal(counts: list[tuple[tuple[int, int], ...]], wanted: Floats, order: list[bytes]) -> list[int]:
    total = wanted.sum(axis=0).tolist()
    lacking, per_wanted = wanted.tolist(), (1 / np.maximum(wanted, 1e-9)).tolist()
    rank = [-int(max(n / total[label] for label, n in held) / _LARGE) for held in counts]
    parts = [0] * len(counts)
    for group in sorted(range(len(counts)), key=lambda one: (rank[one], order[one])):
        held = counts[group]
        need = [sum(row[c] * per[c] * n for c, n in held) for row, per in zip(lacking, per_wanted, strict=True)]
        if rank[group] < 0:
            need = _without_overfilled(need, held, wanted)
        part = need.index(max(need))
        for label, n in held:
            lacking[part][label] -= n
        parts[group] = part
    return parts


def _without_overfilled(need: list[float], held: tuple[tuple[int, int], ...], wanted: Floats) -> list[float]:
    """The needs of the parts, none where the group alone is more than the part is to hold; all if it fits nowhere."""
    fits = [all(n <= row[label] for label, n in held) for row in wanted.tolist()]
    return [one if fit else -np.inf for one, fit in zip(need, fits, strict=True)] if any(fits) else need


def _miss(deal: list[int], counts: list[tuple[tuple[int, int], ...]], wanted: Floats) -> float:
    """How far a deal is from the shares: squares of missed shares of pictures and groups, and 1 for a missing class."""
    cells = [(part, label, n) for part, held in zip(deal, counts, strict=True) for label, n in held]
    part, label, n = np.array(cells, dtype=np.int64).T
    place, size = part * wanted.shape[1] + label, wanted.size
    pictures = np.bincount(place, weights=n, minlength=size).reshape(wanted.shape)
    groups = np.bincount(place, minlength=size).reshape(wanted.shape)
    total = np.maximum(wanted.sum(axis=0), 1e-9)
    missed = ((pictures - wanted) / total) ** 2
    missed_groups = (groups / np.maximum(groups.sum(axis=0), 1) - wanted / total) ** 2
    empty = (groups == 0) & (groups.sum(axis=0) >= len(wanted))
    return float(missed.sum() + _GROUP_WEIGHT * missed_groups.sum() + empty.sum())


def _deal_singles(table: Table, parts: Integers, sizes: Integers, wanted: Floats, seed: int) -> None:
    """Fill what lacks with the groups of one picture; writes into `parts`."""
    single = sizes[table.group] == 1
    if not single.any():
        return
    groups, labels = table.group[single], table.stratum[single]
    order = np.array(_order((table.names[group] for group in groups), str(seed)))
    held = np.zeros_like(wanted)
    np.add.at(held, (parts[table.group[~single]], table.stratum[~single]), 1)
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        mine = mine[np.argsort(order[mine], kind="stable")]
        quota = _quota(wanted[:, label] - held[:, label], wanted[:, label], len(mine))
        parts[groups[mine]] = np.repeat(np.arange(len(wanted)), quota)


def _quota(lacking: Floats, wanted: Floats, n: int) -> Integers:
    """`n` pictures divided as the parts lack them, by largest remainder; no part that lacks any gets none if it can."""
    need = np.maximum(lacking, 0)
    exact = n * (need / need.sum() if need.sum() > 0 else wanted / wanted.sum())
    quota: Integers = np.floor(exact + 1e-9).astype(np.int64)
    for part in np.argsort(quota - exact, kind="stable")[: n - int(quota.sum())]:
        quota[part] += 1
    for part in np.flatnonzero((quota == 0) & (need > 0)):
        richest = int(quota.argmax())
        if quota[richest] > 1:
            quota[richest] -= 1
            quota[part] += 1
    return quota

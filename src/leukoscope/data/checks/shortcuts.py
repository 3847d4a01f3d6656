"""Can the class be told without looking at the cell?  The probes, and from where on they are a warning.

A probe is judged by the lower limit of its accuracy, on the strictest way of keeping pictures apart that the manifest
allows, and by how far that lies between chance and perfect: from a quarter of the way on it is a warning (a network
that is no better has learned nothing else), from nine tenths on it is severe (no figure on this set can tell whether a
network looks at cells).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.checks.findings import Finding, Measure, Severity
from leukoscope.data.probes.judging import (
    COPIES_APART,
    Accuracy,
    Turns,
    at_random,
    by_group,
    by_last_numbers,
    judge,
    keep_apart,
    leave_one_out,
)
from leukoscope.data.probes.looks import TRAITS, Look, Trait
from leukoscope.data.probes.size import AreaRanking, rank_by_area

if TYPE_CHECKING:
    import pandas as pd

WARNING_FROM = 0.25
SEVERE_FROM = 0.9
FEWEST = 10
"""Pictures a class must have to take part."""
MOST = 20_000
"""Pictures looked at; of more, a seeded sample."""
_RUN = 25
"""Neighboring file numbers drawn together for the interval."""

_WORDS: dict[Trait, tuple[str, str]] = {
    "color": (
        "Color statistics alone (12 numbers)",
        "Quote this baseline beside every figure on this set; color augmentation and a second laboratory tell whether "
        "a network needs it.",
    ),
    "background": (
        "The background alone (stained cells masked out, 12 color numbers)",
        "Stain, lamp or slide give the class away: quote this baseline, and test on another laboratory.",
    ),
    "corners": (
        "The four corners alone (9 numbers each)",
        "Look for scale bars and frames that differ between classes, paint them over in training, and quote this "
        "baseline.",
    ),
    "silhouette": (
        "The outline of what is stained alone (sizes, 7 numbers)",
        "Size may be real biology or the way cells were cut out: quote this baseline beside every figure on this set.",
    ),
    "file": (
        "The file alone (width, height, bytes, kind, JPEG quality)",
        "Bring all classes to one size and one encoding before training, or the network reads the camera.",
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class _Material:
    looks: tuple[Look, ...]
    targets: NDArray[np.int64]
    classes: tuple[str, ...]
    turns: tuple[Turns, ...]
    table: pd.DataFrame


def check_shortcuts(
    table: pd.DataFrame, looks: Sequence[Look | None], pairs: Sequence[tuple[int, int]] = ()
) -> Iterator[Finding]:
    """Findings on what tells the class without the cell.

    Args:
        table: Rows of one set, with the columns of a manifest.
        looks: What the probes see of each row; None where it could not be read.
        pairs: Rows that show the same thing; such are never known on one side and asked about on the other.
    """
    material = _prepare(table, looks, pairs)
    if material is None:
        return
    for trait in TRAITS if material.turns else ():
        numbers = np.stack([getattr(look, trait) for look in material.looks])
        if numbers.std(axis=0).max() < 1e-9:
            continue
        judged = [(turns, judge(numbers, material.targets, turns)) for turns in material.turns]
        yield from _finding(trait, judged, material)


def severity_of(accuracy: Accuracy) -> Severity | None:
    """How bad it is that a probe is this often right; None where it cannot be told from chance.

    Example:
        >>> severity_of(Accuracy(0.92, 0.90, 0.94, 0.31, 500)), severity_of(Accuracy(0.33, 0.29, 0.37, 0.31, 500))
        ('warning', None)
    """
    gain = (accuracy.low - accuracy.chance) / max(1 - accuracy.chance, 1e-9)
    if gain >= SEVERE_FROM:
        return "severe"
    if gain >= WARNING_FROM:
        return "warning"
    return "note" if gain > 0 else None


def _finding(trait: Trait, judged: Sequence[tuple[Turns, Accuracy]], material: _Material) -> Iterator[Finding]:
    turns, strict = judged[0]
    severity = severity_of(strict)
    if severity is None:
        return
    what, advice = _WORDS[trait]
    measures = [_measure(trait, how, accuracy) for how, accuracy in judged]
    if trait == "silhouette" and len(material.classes) == 2:
        measures += [_area_measure(one) for one in _rankings(material)]
    yield Finding(
        f"shortcut-{trait}",
        severity,
        f"{what} names the class in {strict.value:.1%} [{strict.low:.1%}, {strict.high:.1%}] of {strict.n} pictures "
        f"{turns.name}; always saying the commonest class gives {strict.chance:.1%}.",
        advice,
        count=strict.n,
        measures=tuple(measures),
    )


def _measure(trait: Trait, turns: Turns, accuracy: Accuracy) -> Measure:
    name = f"{trait} alone, accuracy {turns.name}"
    return Measure(name, accuracy.value, accuracy.low, accuracy.high, accuracy.chance, accuracy.n)


def _area_measure(ranking: AreaRanking) -> Measure:
    name = f"mask area alone, AUC{f' in {ranking.name}' if ranking.name else ''}"
    return Measure(name, ranking.auc, ranking.low, ranking.high, 0.5, ranking.n)


def _rankings(material: _Material) -> tuple[AreaRanking, ...]:
    area = np.array([look.silhouette[0] for look in material.looks])
    table = material.table
    folds = ("fold " + table["fold"].astype("string")).fillna("what is in no fold")
    names = folds.to_list() if table["fold"].notna().any() else [""] * len(table)
    return rank_by_area(area, material.targets == 1, names, _group_names(table))


def _prepare(table: pd.DataFrame, looks: Sequence[Look | None], pairs: Sequence[tuple[int, int]]) -> _Material | None:
    seen = np.array([look is not None for look in looks], dtype=bool)
    label = table["label"].astype("string").where(seen)
    counts = label.value_counts()
    classes = tuple(sorted(str(name) for name, count in counts.items() if count >= FEWEST))
    if len(classes) < 2:
        return None
    chosen = np.flatnonzero(label.isin(classes).to_numpy(dtype=bool))
    if len(chosen) > MOST:
        chosen = np.sort(np.random.default_rng(0).choice(chosen, MOST, replace=False))
    kept = table.iloc[chosen].reset_index(drop=True)
    targets = np.array([classes.index(str(name)) for name in kept["label"]], dtype=np.int64)
    found = tuple(look for place in chosen if (look := looks[int(place)]) is not None)
    return _Material(found, targets, classes, _turns(kept, targets, _among(chosen, len(table), pairs)), kept)


def _among(chosen: NDArray[np.int64], n: int, pairs: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """The pairs whose rows were both chosen, by their places among these, shape (pairs, 2)."""
    place = np.full(n, -1, dtype=np.int64)
    place[chosen] = np.arange(len(chosen))
    moved = place[np.asarray(pairs, dtype=np.int64).reshape(-1, 2)]
    return np.asarray(moved[(moved >= 0).all(axis=1)], dtype=np.int64)


def _turns(table: pd.DataFrame, targets: NDArray[np.int64], pairs: NDArray[np.int64]) -> tuple[Turns, ...]:
    """The strictest way of keeping pictures apart first, then at random; copies never on both sides."""
    strict = tuple(_strict(table, targets))
    if not len(pairs):
        return (*strict, at_random(targets))
    ties = _ties(len(table), pairs)
    whole = by_group(targets, ties, "at random" + COPIES_APART) if _enough(ties, targets) else None
    random = keep_apart(at_random(targets), pairs) if whole is None else whole
    return tuple(one for one in (*(keep_apart(turns, pairs) for turns in strict), random) if one is not None)


def _ties(n: int, pairs: NDArray[np.int64]) -> list[str]:
    """A name for what each of n pictures shows, the same for all that copies tie together."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return [str(tie) for tie in connected_components(graph, directed=False)[1]]


def _strict(table: pd.DataFrame, targets: NDArray[np.int64]) -> Iterator[Turns]:
    groups = _group_names(table)
    folds = table["fold"]
    if folds.notna().all() and folds.nunique() > 1:
        yield leave_one_out([str(fold) for fold in folds], "on folds left out in turn", groups)
    elif groups is not None and _enough(groups, targets):
        known = "patient" if table["patient"].notna().any() else "group"
        yield by_group(targets, groups, f"by {known}")
    elif table["number"].notna().all():
        series = table["label"].astype("string") + "/" + table["series"].astype("string").fillna("")
        numbers = table["number"].to_numpy(dtype=np.int64)
        runs = (table["number"].groupby(series).rank(method="first").astype(int) - 1) // _RUN
        yield by_last_numbers(targets, series.to_list(), numbers, (series + "-" + runs.astype("string")).to_list())
    elif table["split"].notna().all() and _enough([str(part) for part in table["split"]], targets):
        yield leave_one_out([str(part) for part in table["split"]], "on parts left out in turn", groups)


def _group_names(table: pd.DataFrame) -> list[str] | None:
    """Group, else patient, else the picture itself; None where nothing is grouped."""
    names = table["group"].astype("string").fillna(table["patient"].astype("string"))
    return None if names.isna().all() else [str(name) for name in names.fillna(table["path"])]


def _enough(groups: Sequence[str], targets: NDArray[np.int64]) -> bool:
    """Whether every class lies in two groups or more, so that it can be both known and asked about."""
    pairs = set(zip(groups, targets.tolist(), strict=True))
    return all(sum(target == one for _, target in pairs) >= 2 for one in set(targets.tolist()))

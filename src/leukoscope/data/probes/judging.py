"""How well do a few numbers name the class?  Five nearest neighbors, asked about pictures kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.probes.color import NEIGHBORS
from leukoscope.evaluation.intervals import clopper_pearson
from leukoscope.evaluation.resampling import drawn_counts, make_groups, percentile_limits

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]
COPIES_APART = ", known copies never on both sides"
_ROUNDS = 2000
_FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Turns:
    """How pictures are kept apart: in each turn some are known and others asked about.

    Attributes:
        name: How, in words: "at random", "by patient".
        pairs: Positions of the known and of the asked pictures, turn by turn; none is asked twice.
        groups: What each picture is drawn with for the interval; None where each stands for itself.
    """

    name: str
    pairs: tuple[tuple[Integers, Integers], ...]
    groups: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Share of the asked pictures that were named right.

    Attributes:
        value: The share, in [0, 1].
        low: Lower 95 % limit; whole groups are drawn again where there are groups, exact (Clopper-Pearson) otherwise.
        high: Upper 95 % limit.
        chance: Share that is right when the commonest class of the known pictures is always said.
        n: Pictures asked about.
    """

    value: float
    low: float
    high: float
    chance: float
    n: int


def at_random(targets: Integers, seed: int = 0) -> Turns:
    """Each picture is asked about once, in fifths drawn at random: as most published splits are made."""
    from sklearn.model_selection import StratifiedKFold

    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    return Turns("at random", tuple(folds.split(np.zeros(len(targets)), targets)))


def by_group(targets: Integers, groups: Sequence[str], name: str, seed: int = 0) -> Turns:
    """Each picture is asked about once, in fifths that divide no group."""
    from sklearn.model_selection import StratifiedGroupKFold

    turns = min(_FOLDS, len(set(groups)))
    folds = StratifiedGroupKFold(turns, shuffle=True, random_state=seed)
    return Turns(name, tuple(folds.split(np.zeros(len(targets)), targets, list(groups))), tuple(groups))


def by_last_numbers(targets: Integers, series: Sequence[str], numbers: Integers, groups: Sequence[str]) -> Turns:
    """The last fifth of each class's file numbers is asked about.

    Args:
        targets: Class number of each picture.
        series: Series that each file number counts in.
        numbers: File number of each picture.
        groups: Runs of neighboring numbers, for the interval.
    """
    asked = np.zeros(len(targets), dtype=bool)
    kinds = np.asarray(series, dtype=object)
    for kind in sorted(set(series)):
        for target in np.unique(targets[kinds == kind]):
            members = np.flatnonzero((kinds == kind) & (targets == target))
            ordered = members[np.argsort(numbers[members], kind="stable")]
            asked[ordered[int(len(ordered) * (1 - 1 / _FOLDS)) :]] = True
    turn = (np.flatnonzero(~asked), np.flatnonzero(asked))
    return Turns("on the last fifth of each class's file numbers", (turn,), tuple(groups))


def leave_one_out(values: Sequence[str], name: str, groups: Sequence[str] | None) -> Turns:
    """Each fold is asked about once, the others are known."""
    kinds = np.asarray(values, dtype=object)
    pairs = tuple((np.flatnonzero(kinds != one), np.flatnonzero(kinds == one)) for one in sorted(set(values)))
    return Turns(name, pairs, None if groups is None else tuple(groups))


def keep_apart(turns: Turns, pairs: Integers) -> Turns | None:
    """The same turns where no picture is known whose copy is asked about; None where too little is known then.

    Args:
        turns: How pictures are kept apart without that.
        pairs: Positions of pictures that show the same thing, shape (pairs, 2).
    """
    told = ((_without_copies(known, asked, pairs), asked) for known, asked in turns.pairs)
    kept = tuple((known, asked) for known, asked in told if len(known) >= NEIGHBORS)
    return replace(turns, name=turns.name + COPIES_APART, pairs=kept) if kept else None


def _without_copies(known: Integers, asked: Integers, pairs: Integers) -> Integers:
    held = np.isin(pairs, asked)
    return known[~np.isin(known, pairs[held[:, ::-1]])]


def judge(numbers: Floats, targets: Integers, turns: Turns, *, seed: int = 0) -> Accuracy:
    """How often five nearest neighbors on standardized numbers name the class.

    Args:
        numbers: What is seen of each picture, shape (n, features).
        targets: Class number of each picture, shape (n,).
        turns: How pictures are kept apart.
        seed: Seed of the interval.
    """
    asked, right, said = [], [], []
    for known, wanted in turns.pairs:
        predicted = _neighbors(numbers[known], targets[known], numbers[wanted])
        commonest = np.bincount(targets[known]).argmax()
        asked.append(wanted)
        right.append(predicted == targets[wanted])
        said.append(targets[wanted] == commonest)
    places, correct = np.concatenate(asked), np.concatenate(right)
    low, high = _limits(correct, targets[places], turns, places, seed)
    return Accuracy(float(correct.mean()), low, high, float(np.concatenate(said).mean()), len(correct))


def _neighbors(known: Floats, targets: Integers, asked: Floats) -> Integers:
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), KNeighborsClassifier(min(NEIGHBORS, len(known))))
    return np.asarray(probe.fit(known, targets).predict(asked), dtype=np.int64)


def _limits(correct: Bools, targets: Integers, turns: Turns, places: Integers, seed: int) -> tuple[float, float]:
    if turns.groups is None:
        return clopper_pearson(int(correct.sum()), len(correct))
    names = [turns.groups[place] for place in places]
    groups = make_groups(names, [int(target) for target in targets])
    hits = np.bincount(groups.member, weights=correct, minlength=groups.count)
    sizes = np.bincount(groups.member, minlength=groups.count)
    shares = np.concatenate(
        [(c @ hits) / (c @ sizes) for c in drawn_counts(groups, np.random.default_rng(seed), _ROUNDS)]
    )
    return percentile_limits(shares) or (0.0, 1.0)

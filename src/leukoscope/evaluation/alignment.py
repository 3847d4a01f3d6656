"""Can several models be laid side by side?  The same pictures, truth and classes, or what is in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.predictions import Predictions

_NAMED = 3


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A model with what it said."""

    name: str
    predictions: Predictions


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A model that cannot be compared with the others, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class SideBySide:
    """Models on the same pictures, in the same order, with the same classes.

    Attributes:
        contenders: The models.
        left_out: Models that do not fit the others.
        notes: What was joined or dropped to make them fit; sentences.
    """

    contenders: tuple[Contender, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]


Joins = Mapping[str, frozenset[str]]
"""What a fine class is part of: "early" is part of "malignant" to one model, of "leukemia" to another."""


def lay_side_by_side(contenders: Sequence[Contender], joins: Joins = MappingProxyType({})) -> SideBySide:
    """Bring models to the same classes and pictures.

    Args:
        contenders: The models, each name once.
        joins: What fine classes are part of: a model of fine classes is then compared with one of the joined classes,
            its probabilities added up.

    Raises:
        InvalidValueError: A name comes twice, no two models fit, they share no picture, or they contradict each other
            about the truth.

    Example:
        >>> said = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]])
        >>> fine = Predictions(("benign", "early", "pro"), np.array([0, 2]), said, ("1", "2"))
        >>> coarse = Predictions(("malignant", "benign"), np.array([1, 0]), np.array([[0.4, 0.6]] * 2), ("1", "2"))
        >>> joins = {"early": frozenset({"malignant"}), "pro": frozenset({"malignant"})}
        >>> laid = lay_side_by_side([Contender("fine", fine), Contender("coarse", coarse)], joins)
        >>> laid.contenders[0].predictions.classes
        ('malignant', 'benign')
    """
    names = [one.name for one in contenders]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidValueError(f"Two models are called {twice[0]!r}.", hint="Compare each model once.")
    classes = _common_classes(contenders, joins)
    fitting, left_out, notes = [], [], []
    for one in contenders:
        if not _fits(one, classes, joins):
            theirs = ", ".join(one.predictions.classes)
            left_out.append(
                LeftOut(one.name, f"its classes ({theirs}) are not those of the others ({', '.join(classes)})")
            )
            continue
        joined = _joined(one.predictions.classes, classes, joins)
        if joined:
            notes.append(f"{one.name}: {_say_joined(joined)}, its probabilities added up")
        fitting.append(Contender(one.name, _join(one.predictions, classes, joined)))
    if len(fitting) < 2:
        said = "; ".join(f"{one.name} knows {', '.join(one.predictions.classes)}" for one in contenders)
        raise InvalidValueError(
            f"No two of the models have the same classes: {said}.",
            hint=f"Compare models of the same classes, or say what each class is part of: {_say_how(contenders)}.",
        )
    same, dropped = _same_pictures(fitting)
    return SideBySide(same, tuple(left_out), (*notes, *dropped))


def _say_how(contenders: Sequence[Contender]) -> str:
    """The options that join the finest classes to the coarsest, where it is plain what they are part of.

    Example:
        >>> def knows(*names: str) -> Contender:
        ...     return Contender("", Predictions(names, np.array([0]), np.eye(len(names))[:1], ("1",)))
        >>> _say_how([knows("benign", "early", "pro"), knows("malignant", "benign")])
        '--class early=malignant --class pro=malignant'
    """
    by_size = sorted((one.predictions.classes for one in contenders), key=len)
    coarse, fine = by_size[0], by_size[-1]
    into, own = [name for name in coarse if name not in fine], [name for name in fine if name not in coarse]
    if len(into) != 1 or len(fine) == len(coarse):
        return "--class FINE=COARSE, once for each"
    return " ".join(f"--class {name}={into[0]}" for name in own)


def _common_classes(contenders: Sequence[Contender], joins: Joins) -> tuple[str, ...]:
    """The classes of one of the models that most of the others fit; of several the finest, then the first."""

    def worth(classes: tuple[str, ...]) -> tuple[int, int]:
        return sum(_fits(one, classes, joins) for one in contenders), len(classes)

    return max((one.predictions.classes for one in contenders), key=worth)


def _fits(one: Contender, classes: Sequence[str], joins: Joins) -> bool:
    theirs = one.predictions.classes
    joined = _joined(theirs, classes, joins)
    return {name if name in classes else joined.get(name, "") for name in theirs} == set(classes)


def _joined(theirs: Sequence[str], classes: Sequence[str], joins: Joins) -> dict[str, str]:
    """For each class that is not among the common ones the one it is part of, where just one is known."""
    found = {name: sorted(joins.get(name, frozenset()) & set(classes)) for name in theirs if name not in classes}
    return {name: into[0] for name, into in found.items() if len(into) == 1}


def _join(one: Predictions, classes: tuple[str, ...], joined: Mapping[str, str]) -> Predictions:
    if not joined:
        return one.in_order_of(classes)
    place = np.array([classes.index(joined.get(name, name)) for name in one.classes])
    added = np.stack([one.probabilities[:, place == number].sum(axis=1) for number in range(len(classes))], axis=1)
    return replace(one, classes=classes, targets=place[one.targets], probabilities=np.minimum(added, 1.0))


def _say_joined(joined: Mapping[str, str]) -> str:
    into: dict[str, list[str]] = {}
    for fine, coarse in joined.items():
        into.setdefault(coarse, []).append(fine)
    return "; ".join(f"{', '.join(fine)} joined to {coarse}" for coarse, fine in into.items())


def _same_pictures(contenders: Sequence[Contender]) -> tuple[tuple[Contender, ...], list[str]]:
    shared = set.intersection(*(set(one.predictions.paths) for one in contenders))
    if not shared:
        firsts = ", ".join(f"{one.name} names {one.predictions.paths[0]}" for one in contenders[:_NAMED])
        raise InvalidValueError(
            f"The models were asked about different pictures: {firsts}.",
            hint="Compare predictions of one test manifest, with the same paths.",
        )
    order = [path for path in contenders[0].predictions.paths if path in shared]
    placed = [_in_order(one, order) for one in contenders]
    _refuse_contradictions(placed)
    notes = [
        f"{one.name}: {len(one.predictions) - len(order)} of its {len(one.predictions)} pictures are not told of by "
        "all models and are left out"
        for one in contenders
        if len(one.predictions) > len(order)
    ]
    return _share_what_is_known(placed), notes


def _in_order(one: Contender, order: Sequence[str]) -> Contender:
    places = {path: place for place, path in enumerate(one.predictions.paths)}
    chosen = np.array([places[path] for path in order], dtype=np.int64)
    return Contender(one.name, one.predictions.select(chosen))


def _refuse_contradictions(contenders: Sequence[Contender]) -> None:
    first = contenders[0]
    for other in contenders[1:]:
        wrong = np.flatnonzero(first.predictions.targets != other.predictions.targets)
        if len(wrong):
            place = int(wrong[0])
            said = [one.predictions.classes[int(one.predictions.targets[place])] for one in (first, other)]
            raise InvalidValueError(
                f"{first.name} and {other.name} contradict each other about the true class of {len(wrong)} pictures: "
                f"{first.predictions.paths[place]} is {said[0]!r} in the one and {said[1]!r} in the other.",
                hint="Ask both about the same labeled set.",
            )


def _share_what_is_known(contenders: Sequence[Contender]) -> tuple[Contender, ...]:
    """Patients and groups of whoever tells of them, for all: a file of another system may not know them."""

    def known(name: str) -> tuple[str, ...]:
        told = (getattr(one.predictions, name) for one in contenders)
        return next((column for column in told if column), ())

    shared = {name: known(name) for name in ("patients", "groups", "sources", "slides")}
    return tuple(
        Contender(
            one.name,
            replace(
                one.predictions,
                patients=shared["patients"],
                groups=shared["groups"],
                sources=shared["sources"],
                slides=shared["slides"],
            ),
        )
        for one in contenders
    )

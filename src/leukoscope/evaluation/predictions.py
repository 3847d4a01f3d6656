"""What did a model say of labeled pictures?  One value for every model and every file of predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.metrics import confusion

Unit = Literal["patient", "group", "picture"]
SUM_TOLERANCE = 0.01
"""How far the probabilities of a picture may be from a sum of 1, so that rounded ones pass."""


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Probabilities of a classifier beside the truth, and what is known of each picture.

    What is known of no picture is an empty tuple; what is unknown of one picture is an empty text.

    Attributes:
        classes: Names of the classes, at least two, in the order of the columns of `probabilities`.
        targets: True class of each picture as a number, shape (n,).
        probabilities: Shape (n, classes), in [0, 1], rows sum to 1; a row of not-a-number where the model could say
            nothing of a picture, as where no cell was found to be measured.
        paths: What each picture is called, length n, each once.
        patients: Whose blood it is.
        groups: What must be drawn together, such as neighbors in a series.
        sources: Data set or laboratory.
        slides: Which smear.

    Raises:
        InvalidValueError: Lengths differ, nothing is given, a value is no probability or a class number no class; the
            message counts the pictures and names the first.
    """

    classes: tuple[str, ...]
    targets: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    paths: tuple[str, ...]
    patients: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    slides: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _demand_classes(self.classes)
        _demand_shapes(self)
        _demand_probabilities(self)
        for name in ("patients", "groups", "sources", "slides"):
            if not any(getattr(self, name)):
                object.__setattr__(self, name, ())

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.targets)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """Most probable class of each picture; the number behind the last class where undecided.

        The first of equals would credit a model with every undecided picture of that class.

        Example:
            >>> rows = np.array([[0.4, 0.4, 0.2], [np.nan, np.nan, np.nan], [0.8, 0.1, 0.1]])
            >>> Predictions(("a", "b", "c"), np.array([0, 1, 0]), rows, ("1", "2", "3")).predicted.tolist()
            [3, 3, 0]
        """
        best = self.probabilities.argmax(axis=1)
        return np.where(self.undecided, len(self.classes), best).astype(np.int64)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Pictures of which anything was said; no figure of probabilities may hold the others."""
        return np.asarray(~np.isnan(self.probabilities[:, 0]))

    @property
    def undecided(self) -> NDArray[np.bool_]:
        """Pictures that were given no class: nothing was said of them, or classes share the highest probability."""
        return np.asarray(~self.answered | self.tied)

    @property
    def tied(self) -> NDArray[np.bool_]:
        """Pictures whose highest probability several classes share, as rounded ones may."""
        best = np.asarray(self.probabilities.max(axis=1, keepdims=True))
        return np.asarray((self.probabilities == best).sum(axis=1) > 1)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Pictures of each class by the class they were given, shape (classes, classes + 1); last, those given none.

        Example:
            >>> rows = np.array([[0.9, 0.1], [np.nan, np.nan]])
            >>> Predictions(("a", "b"), np.array([0, 1]), rows, ("1", "2")).counts.tolist()
            [[1, 0, 0], [0, 0, 1]]
        """
        return confusion(self.targets, self.predicted, len(self.classes) + 1)[:-1]

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether that class is right."""
        return np.asarray(self.predicted == self.targets)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """Probability of that class; 0 where nothing was said."""
        return np.asarray(np.where(self.answered, self.probabilities.max(axis=1), 0.0))

    @property
    def unit(self) -> Unit:
        """What is drawn again for limits: patients where known, groups where these join patients, else pictures."""
        if not self.patients:
            return "group" if self.groups else "picture"
        known = {unit for unit, patient in zip(self.units, self.patients, strict=True) if patient}
        joins = len(known) < len(set(self.patients) - {""})
        return "group" if joins else "patient"

    @property
    def unnamed(self) -> NDArray[np.bool_]:
        """Pictures drawn with none of a known patient; where groups are drawn, with none of a known group either.

        Example:
            >>> rows = np.array([[0.9, 0.1]] * 4)
            >>> asked = Predictions(("a", "b"), np.zeros(4, dtype=np.int64), rows, tuple("1234"),
            ...                     patients=("p", "", "q", ""))
            >>> asked.unit, asked.unnamed.tolist()
            ('patient', [False, True, False, True])
        """
        unit, units = self.unit, self.units
        if unit == "picture":
            return np.zeros(len(self), dtype=bool)
        names = (self.patients,) if unit == "patient" else (self.patients, self.groups)
        named = {units[place] for column in names for place, name in enumerate(column) if name}
        return np.array([one not in named for one in units])

    @property
    def units(self) -> tuple[str, ...]:
        """What each picture is drawn with: pictures that share a patient or a group, however far the chain goes.

        Example:
            >>> rows = np.array([[0.9, 0.1]] * 4)
            >>> Predictions(("a", "b"), np.zeros(4, dtype=np.int64), rows, ("1", "2", "3", "4"),
            ...             patients=("p", "p", "q", ""), groups=("x", "y", "y", "z")).units
            ('0', '0', '0', '1')
        """
        if not self.patients and not self.groups:
            return self.paths
        return joined_units(self.patients, self.groups)

    def select(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Predictions:
        """Only some of the pictures, by place or by whether to keep them."""
        places = np.arange(len(self))[chosen].tolist()
        kept = {
            name: tuple(column[place] for place in places)
            for name in ("paths", "patients", "groups", "sources", "slides")
            if (column := getattr(self, name))
        }
        return replace(self, targets=self.targets[places], probabilities=self.probabilities[places], **kept)

    def in_order_of(self, classes: Sequence[str]) -> Predictions:
        """The same with the classes in another order, so that models can be laid side by side.

        Raises:
            InvalidValueError: The names are not the same.
        """
        if sorted(classes) != sorted(self.classes):
            raise InvalidValueError(
                f"The classes {', '.join(self.classes)} are not {', '.join(classes)}.",
                hint="Compare models of the same classes, or join classes first.",
            )
        columns = [self.classes.index(name) for name in classes]
        places = np.argsort(columns)
        return replace(
            self,
            classes=tuple(classes),
            targets=np.asarray(places[self.targets], dtype=np.int64),
            probabilities=self.probabilities[:, columns],
        )


def _demand_classes(classes: Sequence[str]) -> None:
    if len(classes) < 2 or len(set(classes)) != len(classes) or not all(classes):
        raise InvalidValueError(
            f"Predictions need at least two different classes, got {', '.join(classes) or 'none'}.",
            hint="Give one probability column per class.",
        )


def _demand_shapes(one: Predictions) -> None:
    n, wanted = len(one.targets), (len(one.targets), len(one.classes))
    if not n or one.probabilities.shape != wanted or len(one.paths) != n:
        raise InvalidValueError(
            f"{n} truths need as many names and probabilities of shape {wanted}, got {len(one.paths)} names and "
            f"{one.probabilities.shape}.",
            hint="Give one row per picture and one column per class.",
        )
    for name in ("patients", "groups", "sources", "slides"):
        if len(getattr(one, name)) not in (0, n):
            raise InvalidValueError(f"There are {len(getattr(one, name))} {name} for {n} pictures.")
    if len(set(one.paths)) != n:
        raise InvalidValueError(
            f"{n - len(set(one.paths))} pictures come more than once.", hint="Give each picture once."
        )
    if one.targets.min() < 0 or one.targets.max() >= len(one.classes):
        raise InvalidValueError(f"True classes must be numbers in [0, {len(one.classes)}).")


def _demand_probabilities(one: Predictions) -> None:
    answered = np.asarray(~np.isnan(one.probabilities).all(axis=1))
    values = np.where(answered[:, None], one.probabilities, 1 / one.probabilities.shape[1])
    numbers = np.asarray(np.isfinite(values).all(axis=1))
    _refuse(one, ~numbers, "are no numbers (NaN or infinite)", "A model that gives these is broken; find out why.")
    inside = np.asarray(((values >= 0) & (values <= 1)).all(axis=1))
    _refuse(one, ~inside, "lie outside [0, 1]", "Give probabilities, not logits: apply softmax, or sigmoid and 1 - p.")
    whole = np.asarray(np.abs(values.sum(axis=1) - 1) <= SUM_TOLERANCE)
    _refuse(one, ~whole, "do not sum to 1", "Give one column per class, with more decimals.")


def _refuse(one: Predictions, wrong: NDArray[np.bool_], what: str, hint: str) -> None:
    if wrong.any():
        first = one.paths[int(wrong.argmax())]
        raise InvalidValueError(
            f"The probabilities of {int(wrong.sum())} of {len(wrong)} pictures {what}, the first of {first}.", hint=hint
        )


def joined_units(patients: Sequence[str], groups: Sequence[str]) -> tuple[str, ...]:
    """What each picture is drawn with: pictures that share a name, however far the chain goes.

    Args:
        patients: A name of each picture, empty where it is not known; nothing where none is.
        groups: Another name of each, likewise.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = max(len(patients), len(groups))
    nodes: dict[tuple[str, str], int] = {}
    links: list[tuple[int, int]] = []
    for kind, names in (("patient", patients), ("group", groups)):
        for place, name in enumerate(names):
            if name:
                links.append((place, nodes.setdefault((kind, name), n + len(nodes))))
    size = n + len(nodes)
    ends = np.array(links, dtype=np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(ends.shape[1], dtype=bool), (ends[0], ends[1])), shape=(size, size))
    _, number = connected_components(graph, directed=False)
    return tuple(str(one) for one in number[:n].tolist())

"""Do the names in `--class LABEL=CLASS` exist?  A mistyped one would join nothing, and nobody would notice."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from leukoscope.errors import DataError, InvalidValueError
from leukoscope.experiments.contenders import Candidate, joins_of
from leukoscope.experiments.predictions_csv import names_in_file

_NAMED = 12


def demand_known_names(joined: Mapping[str, str], candidates: Sequence[Candidate], labels: Iterable[str]) -> None:
    """Refuse a label that nobody uses and a class that no model has.

    Args:
        joined: What labels are called among the classes of the models, as the user says.
        candidates: The models and files of predictions.
        labels: Labels of the sets they are asked about.

    Raises:
        InvalidValueError: A name is unknown; the hint tells the nearest.
    """
    if not joined:
        return
    classes, told = _classes_and_labels(candidates)
    refuse_unknown_names(joined, classes, {*labels, *told, *classes, *joins_of(candidates)})


def refuse_unknown_names(joined: Mapping[str, str], classes: Iterable[str], labels: Iterable[str]) -> None:
    """The same with the names that are known.

    Args:
        joined: What labels are called among the classes.
        classes: Classes of the models.
        labels: Whatever a label may be called.

    Raises:
        InvalidValueError: A name is unknown; the hint tells the nearest.

    Example:
        >>> refuse_unknown_names({"WBC": "wbc"}, ["wbc", "rbc"], ["WBC", "RBC"])
    """
    named, known = set(classes), set(labels)
    for label, name in joined.items():
        if name not in named:
            raise InvalidValueError(
                f"--class {label}={name}: no model has a class {name!r}.", hint=_nearest(name, named, "classes")
            )
        if label not in known:
            raise InvalidValueError(
                f"--class {label}={name}: neither the data nor a model knows a label {label!r}.",
                hint=_nearest(label, known, "labels"),
            )


def _classes_and_labels(candidates: Sequence[Candidate]) -> tuple[set[str], set[str]]:
    """Classes of all models, and labels that files of predictions use."""
    classes: set[str] = set()
    labels: set[str] = set()
    for one in candidates:
        if one.bundle is not None:
            classes |= {label.name for label in one.bundle.card.labels}
        elif one.predictions is not None:
            try:
                own, used = names_in_file(one.predictions)
            except DataError:
                continue  # told when it is asked
            classes |= own
            labels |= used
    return classes, labels


def _nearest(name: str, known: Iterable[str], what: str) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    more = ", ..." if len(names) > _NAMED else ""
    listed = f"The {what} are {', '.join(names[:_NAMED])}{more}."
    return f"Did you mean {near[0]!r}? {listed}" if near else listed

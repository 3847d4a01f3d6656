"""Of which labeled pictures did a model say nothing, and why?  Those it could not read, and those of other classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from leukoscope.bundles.card import Card
from leukoscope.data.manifest import Entry
from leukoscope.experiments.bundle_answers import in_classes_of

_NAMED = 5


def of_other_classes(card: Card, entries: Sequence[Entry], joined: Mapping[str, str] | None = None) -> Counter[str]:
    """How many pictures of each class a model leaves out, because its recipe left that class out.

    Args:
        card: Card of the model.
        entries: The pictures, in the words of their set.
        joined: What labels are called among the classes of the model, where the user says so.
    """
    kept = {one.name for one in in_classes_of(card, entries, joined)}
    return Counter(one.label for one in entries if one.name not in kept)


def unread_of(
    card: Card, entries: Sequence[Entry], told: Sequence[str], joined: Mapping[str, str] | None = None
) -> list[str]:
    """Names of the pictures that a model was asked about, and that answers kept under these names do not hold."""
    known = set(told)
    return [one.name for one in in_classes_of(card, entries, joined) if one.name not in known]


def say_other_classes(counts: Mapping[str, int], n: int) -> str:
    """That pictures of other classes were left out, as a sentence; empty where none was.

    Args:
        counts: Pictures of each class that was left out.
        n: Pictures there are.

    Example:
        >>> say_other_classes({"aml": 12}, 40)
        '12 of 40 pictures have a class that the model was not made to tell (aml 12) and are left out of every figure.'
    """
    if not counts:
        return ""
    names = [f"{name} {count}" for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))]
    more = [f"{len(names) - _NAMED} more classes"] if len(names) > _NAMED else []
    told = ", ".join([*names[:_NAMED], *more])
    return (
        f"{sum(counts.values())} of {n} pictures have a class that the model was not made to tell ({told}) and are "
        "left out of every figure."
    )


def say_not_read(names: Sequence[str], n: int, what: str = "pictures") -> str:
    """That pictures could not be read, as a sentence; empty where all could.

    Args:
        names: Of those that could not.
        n: Pictures there are.
        what: What pictures they are.

    Example:
        >>> say_not_read(["a.png"], 16)
        '1 of 16 pictures could not be read and are left out: a.png.'
    """
    if not names:
        return ""
    more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return f"{len(names)} of {n} {what} could not be read and are left out: {', '.join([*names[:_NAMED], *more])}."

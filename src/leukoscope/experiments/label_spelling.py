"""Which class does a label mean that is only spelled otherwise?  Case, hyphens, underscores and spaces do not count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_MARKS = re.compile(r"[-_\s]+")


def spelled_otherwise(labels: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """For each label that is no known name the class it means, where just one class and one label are spelled so.

    Args:
        labels: Labels of the data.
        known: The class of each known name; a class knows itself.

    Example:
        >>> spelled_otherwise(["Benign", "pre B"], {"benign": "benign", "pre-b": "pre-b"})
        {'Benign': 'benign', 'pre B': 'pre-b'}
        >>> spelled_otherwise(["Benign", "BENIGN"], {"benign": "benign"})
        {}
    """
    told = sorted(set(labels))
    spelled = [_plain(label) for label in told]
    meant = {
        label: classes_spelled(label, known)
        for label, plain in zip(told, spelled, strict=True)
        if label not in known and spelled.count(plain) == 1
    }
    return {label: classes[0] for label, classes in meant.items() if len(classes) == 1}


def classes_spelled(label: str, known: Mapping[str, str]) -> list[str]:
    """The classes with a name that is spelled as this label is but for case, hyphens, underscores and spaces."""
    return sorted({name for one, name in known.items() if _plain(one) == _plain(label)})


def _plain(name: str) -> str:
    return _MARKS.sub("", name).casefold()

"""Which pictures of a set belong to which class of a model?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from leukoscope.data.manifest import Entry

Others = Literal["refuse", "leave-out"]


def join_classes(
    entries: Iterable[Entry], classes: Mapping[str, tuple[str, ...]], *, others: Others = "refuse"
) -> tuple[Entry, ...]:
    """Pictures under the classes of a model, as its recipe joins those of the set.

    Args:
        entries: The pictures, labeled in the words of the set, or already in those of the model.
        classes: For each class of the model the classes of the set that it joins; empty where they are the same.
        others: What becomes of pictures whose class is in no list: they keep it, so that loading refuses them, or are
            left out.

    Example:
        >>> pictures = [Entry("1.png", "-", "hem", "1", "train"), Entry("2.png", "-", "aml", "2", "train")]
        >>> [one.label for one in join_classes(pictures, {"normal": ("hem",)}, others="leave-out")]
        ['normal']
    """
    if not classes:
        return tuple(entries)
    joined = {inner: outer for outer, inners in classes.items() for inner in inners}
    known = {*joined, *classes}
    kept = (one for one in entries if one.label in known or others == "refuse")
    return tuple(replace(one, label=joined.get(one.label, one.label)) for one in kept)

"""Which pictures of a set belong to which class of the model?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from leukoscope.data.manifest import Entry
from leukoscope.modeling.recipes import DataPart


def join_classes(entries: Iterable[Entry], part: DataPart) -> tuple[Entry, ...]:
    """Pictures under the classes of the model, as the recipe joins those of the set.

    Classes in no list keep their name, so that loading refuses them, or are left out where the recipe says so.

    Example:
        >>> part = DataPart(name="x", split="x.csv", classes={"normal": ("hem",), "all": ("all",)})
        >>> [one.label for one in join_classes([Entry("1.png", "-", "hem", "1", "train")], part)]
        ['normal']
    """
    if not part.classes:
        return tuple(entries)
    joined = {inner: outer for outer, inners in part.classes.items() for inner in inners}
    kept = (one for one in entries if one.label in joined or part.others == "refuse")
    return tuple(replace(one, label=joined.get(one.label, one.label)) for one in kept)

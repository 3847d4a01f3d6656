"""What `--part` and `--class` mean, for every command that takes labeled pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from leukoscope.errors import InvalidValueError

if TYPE_CHECKING:
    from leukoscope.data.manifest import Part


def part_of(name: str) -> Part | None:
    """The part of a manifest; None for all of it.

    Raises:
        InvalidValueError: There is no such part.
    """
    from leukoscope.data.manifest import PARTS

    if name == "all":
        return None
    for part in PARTS:
        if part == name:
            return part
    raise InvalidValueError(f"There is no part {name!r}.", hint=f"It is one of {', '.join(PARTS)}, all.")


def joined_of(pairs: Sequence[str]) -> dict[str, str]:
    """What labels are called among the classes of a model.

    Args:
        pairs: `LABEL=CLASS` each.

    Raises:
        InvalidValueError: One names no class.

    Example:
        >>> joined_of(["hem=normal"])
        {'hem': 'normal'}
    """
    joined = {}
    for pair in pairs:
        label, equals, name = pair.partition("=")
        if not (label and equals and name):
            raise InvalidValueError(f"{pair!r} names no class.", hint="Write --class LABEL=CLASS, such as hem=normal.")
        joined[label] = name
    return joined
